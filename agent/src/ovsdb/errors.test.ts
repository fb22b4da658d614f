import { test } from "tap";
import * as errors from "./errors.js";
import { serverError } from "./errors.js";

test("each error of RFC 7047 and of ovsdb-server has its type", (t) => {
  const types: Readonly<Record<string, string>> = {
    "constraint violation": "ConstraintViolation",
    "referential integrity violation": "ReferentialIntegrityViolation",
    "timed out": "WaitTimedOut",
    aborted: "TransactionAborted",
    "not owner": "NotOwner",
    "not supported": "NotSupported",
    "domain error": "DomainError",
    "range error": "RangeViolation",
    "duplicate uuid-name": "DuplicateUuidName",
    "duplicate uuid": "DuplicateUuid",
    "resources exhausted": "ResourcesExhausted",
    "I/O error": "ServerIoError",
    "unknown database": "UnknownDatabase",
    canceled: "RequestCanceled",
    "unknown method": "UnknownMethod",
    "syntax error": "RequestSyntaxError",
    "unknown table": "RequestSyntaxError",
    "unknown column": "RequestSyntaxError",
    "permission error": "PermissionDenied",
    "not allowed": "NotAllowed",
  };
  for (const [error, name] of Object.entries(types)) {
    const made = serverError({ error, details: "why" }, "nb", 3);
    t.match(made, { name, error, details: "why", operation: 3, committed: "no", message: `nb: ${error}: why` });
    t.ok(
      made instanceof errors[name as "ConstraintViolation"] &&
        made instanceof errors.ServerError &&
        made instanceof errors.OvsdbError,
    );
  }
  t.end();
});

test("errors that nobody knows yet stay errors", (t) => {
  t.match(serverError({ error: "cluster error", details: 5, syntax: "x" }, "nb"), {
    name: "ServerError",
    error: "cluster error",
    details: "",
    syntax: "x",
  });
  t.match(serverError("unknown method", "echo"), { name: "UnknownMethod", message: "echo: unknown method" });
  t.match(serverError(null, "nb"), { name: "ServerError", error: "unspecified error" });
  t.match(serverError({}, "nb"), { name: "ServerError", error: "unspecified error", operation: undefined });
  t.end();
});
