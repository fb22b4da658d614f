/*
 * What the CNI executable's ADD costs at the least: start, read standard input, one unary gRPC call with hand-written
 * frames over the agent's socket, write the reply, exit. It checks nothing, reads no JSON and writes none.
 *
 *   CNI_CONTAINERID=… CNI_IFNAME=… CNI_NETNS=… call SOCKET < CONFIGURATION
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { DATA = 0, HEADERS = 1, SETTINGS = 4, WINDOW_UPDATE = 8, END_STREAM = 1, END_HEADERS = 4 };

struct bytes {
    uint8_t data[64 << 10];
    size_t length;
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void append(struct bytes *out, const void *data, size_t length)
{
    if (out->length + length > sizeof out->data) exit(2);
    memcpy(out->data + out->length, data, length);
    out->length += length;
}

static void frame(struct bytes *out, int type, int flags, uint8_t stream, const void *payload, size_t length)
{
    uint8_t header[9] = {length >> 16, length >> 8, length, type, flags, 0, 0, 0, stream};
    append(out, header, sizeof header);
    append(out, payload, length);
}

/* HPACK: a literal that is not indexed and not Huffman-coded. */
static void header(struct bytes *block, const char *name, const char *value)
{
    uint8_t none = 0, name_length = strlen(name), value_length = strlen(value);
    append(block, &none, 1);
    append(block, &name_length, 1);
    append(block, name, name_length);
    append(block, &value_length, 1);
    append(block, value, value_length);
}

/* Protocol Buffers: a field of text or bytes, shorter than 128 bytes. */
static void field(struct bytes *message, int number, const void *data, size_t length)
{
    uint8_t tag[2] = {number << 3 | 2, length};
    append(message, tag, 2);
    append(message, data, length);
}

static void text(struct bytes *message, int number, const char *value)
{
    if (value != NULL) field(message, number, value, strlen(value));
}

static struct bytes attachment, message, body, block, out, in;

static void build_request(void)
{
    text(&attachment, 1, getenv("CNI_CONTAINERID"));
    text(&attachment, 2, getenv("CNI_IFNAME"));
    field(&message, 1, attachment.data, attachment.length);
    text(&message, 3, getenv("CNI_NETNS"));
    text(&message, 4, "prismnet");
    uint8_t prefix[5] = {0, 0, 0, message.length >> 8, message.length};
    append(&body, prefix, sizeof prefix);
    append(&body, message.data, message.length);

    header(&block, ":method", "POST");
    header(&block, ":scheme", "http");
    header(&block, ":path", "/k8shost.agent.v1.PodNetwork/Add");
    header(&block, ":authority", "localhost");
    header(&block, "content-type", "application/grpc");
    header(&block, "te", "trailers");
    header(&block, "grpc-timeout", "60000m");

    const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const uint8_t settings[] = {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0};
    append(&out, preface, sizeof preface - 1);
    frame(&out, SETTINGS, 0, 0, settings, sizeof settings);
    frame(&out, HEADERS, END_HEADERS, 1, block.data, block.length);
    frame(&out, DATA, END_STREAM, 1, body.data, body.length);
}

/* True when the trailers have come; `reply` is the last DATA frame. */
static int is_complete(const uint8_t **reply, size_t *length)
{
    for (size_t at = 0; at + 9 <= in.length;) {
        const uint8_t *head = in.data + at;
        size_t size = head[0] << 16 | head[1] << 8 | head[2];
        if (at + 9 + size > in.length) return 0;
        if (head[3] == DATA) {
            *reply = head + 9;
            *length = size;
        }
        if (head[3] == HEADERS && head[4] & END_STREAM) return 1;
        at += 9 + size;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static char configuration[64 << 10];
    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) return 2;
    strcpy(address.sun_path, argv[1]);
    while (read(0, configuration, sizeof configuration) > 0) continue;
    build_request();

    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    if (write(connection, out.data, out.length) != (ssize_t)out.length) fail("write");
    const uint8_t *reply = NULL;
    size_t length = 0;
    while (!is_complete(&reply, &length)) {
        ssize_t got = read(connection, in.data + in.length, sizeof in.data - in.length);
        if (got <= 0) fail("read");
        in.length += got;
    }
    if (reply == NULL) return 3;
    return write(1, reply, length) == (ssize_t)length ? 0 : 1;
}
