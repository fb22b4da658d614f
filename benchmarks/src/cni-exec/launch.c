/*
 * Starts programs and takes their time, with nothing of an event loop's in it.
 *
 *   launch
 *
 * Reads orders from standard input, one per line:  COUNT VERB INPUT PROGRAM [ARGUMENT]
 * COUNT processes are started one after the other without waiting, each with CNI_COMMAND=VERB, CNI_CONTAINERID=pod-N,
 * INPUT as its standard input and /dev/null as its standard output. When all have ended, a line of microseconds answers: from the start of
 * the first to the end of the last. A process that fails makes the line "failed".
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int start(char *const argv[], const char *input)
{
    static int number;
    static char container[64];
    posix_spawn_file_actions_t actions;
    pid_t process;
    snprintf(container, sizeof container, "pod-%d", number++);
    setenv("CNI_CONTAINERID", container, 1);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    int error = posix_spawn(&process, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int main(void)
{
    char line[8192];
    while (fgets(line, sizeof line, stdin) != NULL) {
        int count = atoi(strtok(line, " \n"));
        setenv("CNI_COMMAND", strtok(NULL, " \n"), 1);
        char *input = strtok(NULL, " \n");
        char *argv[] = {strtok(NULL, " \n"), strtok(NULL, " \n"), strtok(NULL, " \n"), NULL};
        int failed = 0;
        double begin = microseconds();
        for (int i = 0; i < count; i++) failed |= start(argv, input);
        for (int i = 0; i < count; i++) {
            int status = 0;
            if (wait(&status) < 0 || status != 0) failed = 1;
        }
        double taken = microseconds() - begin;
        if (failed) puts("failed");
        else printf("%.1f\n", taken);
        fflush(stdout);
    }
    return 0;
}
