/*
 * Answers: bodies, header lines, and the tags of what can be edited.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "impl.h"

#define ANSWER_LOCATION_MAX  512

static pl_status_t answer_tag(pl_api_call_t *call, Pl__SubjectKind kind,
    uint64_t id, uint8_t digest[PL_HASH128_LEN], char **tag, pl_err_t *err);
static bool answer_names(pl_str_t header, const char *tag);


pl_status_t
pl_api_answer(pl_api_call_t *call, unsigned status,
    const ProtobufCMessage *answer, pl_err_t *err)
{
    pl_str_t     json;
    pl_status_t  rc;

    rc = pl_json_encode(call->api->codec, answer, call->ar, &json, err);

    return rc == PL_OK ? pl_api_bytes(call, status, PL_API_JSON, json) : rc;
}


pl_status_t
pl_api_bytes(pl_api_call_t *call, unsigned status, const char *type,
    pl_str_t bytes)
{
    if (call->out.status == 304) {      /* the client has it: pl_api_etag */
        return PL_OK;
    }

    call->out.status = status != 0 ? status : call->op->status;
    call->out.type = type;
    call->out.body = bytes;

    return PL_OK;
}


pl_status_t
pl_api_header(pl_api_call_t *call, const char *name, const char *value,
    pl_err_t *err)
{
    pl_api_header_t  *header;

    if (value == NULL || call->out.n_headers == PL_API_HEADERS_MAX) {
        return pl_err_set(err, PL_NOMEM, "answer", 0, "no room for a header");
    }

    header = &call->out.headers[call->out.n_headers++];
    header->name = name;
    header->value = value;

    return PL_OK;
}


pl_status_t
pl_api_location(pl_api_call_t *call, pl_err_t *err, const char *fmt, ...)
{
    char     text[ANSWER_LOCATION_MAX];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    return pl_api_header(call, "Location",
                         pl_arena_printf(call->ar, "%s", text), err);
}


pl_status_t
pl_api_etag(pl_api_call_t *call, Pl__SubjectKind kind, uint64_t id,
    pl_err_t *err)
{
    char         *tag;
    uint8_t       digest[PL_HASH128_LEN];
    pl_status_t   rc;

    rc = answer_tag(call, kind, id, digest, &tag, err);

    if (rc == PL_OK) {
        rc = pl_api_header(call, "ETag", tag, err);
    }

    if (rc == PL_OK && call->in.method == PL_API_GET
        && answer_names(call->in.if_none_match, tag))
    {
        call->out.status = 304;
        call->out.type = NULL;
        call->out.body = PL_STR_NULL;
    }

    return rc;
}


pl_status_t
pl_api_match(pl_api_call_t *call, Pl__SubjectKind kind, uint64_t id,
    pl_err_t *err)
{
    char                *tag;
    uint8_t              digest[PL_HASH128_LEN];
    uint8_t             *copy;
    pl_status_t          rc;
    Pl__Subject         *subject;
    Pl__Precondition    *match;

    if (call->in.if_match.len == 0) {
        return (call->op->flags & PL_API_IF_MATCH) == 0
               ? PL_OK : pl_api_problem(call, PL_API_MATCH_NEEDED, NULL,
                                        "read it first: its ETag is what "
                                        "If-Match says");
    }

    rc = answer_tag(call, kind, id, digest, &tag, err);

    if (rc == PL_NOTFOUND) {
        return pl_api_missing(call);
    }

    if (rc != PL_OK || pl_str_eq(call->in.if_match, PL_STR("*"))) {
        return rc;
    }

    if (!answer_names(call->in.if_match, tag)) {
        (void) pl_api_header(call, "ETag", tag, NULL);  /* help, no more */
        return pl_api_problem(call, PL_API_CHANGED, NULL, "%s", "");
    }

    match = pl_arena_alloc(call->ar, sizeof(Pl__Precondition));
    copy = pl_arena_dup(call->ar, digest, sizeof(digest));
    subject = pl_arena_alloc(call->ar, sizeof(Pl__Subject));

    if (match == NULL || copy == NULL || subject == NULL) {
        return pl_err_set(err, PL_NOMEM, "answer", 0, "out of memory");
    }

    pl__subject__init(subject);
    subject->kind = kind;
    subject->id = id;

    pl__precondition__init(match);
    match->subject = subject;
    match->digest.data = copy;
    match->digest.len = sizeof(digest);
    call->match = match;

    return PL_OK;
}


static pl_status_t
answer_tag(pl_api_call_t *call, Pl__SubjectKind kind, uint64_t id,
    uint8_t digest[PL_HASH128_LEN], char **tag, pl_err_t *err)
{
    char          hex[2 * PL_HASH128_LEN + 1];
    pl_hash_t    *hash;
    pl_status_t   rc;

    hash = pl_hash_create();
    if (hash == NULL) {
        return pl_err_set(err, PL_IO, "answer", 0, "cannot hash");
    }

    rc = pl_subject_digest(call->txn, call->settings, call->tenant, kind, id,
                           hash, call->ar, digest, err);
    pl_hash_destroy(hash);

    if (rc != PL_OK) {
        return rc;
    }

    pl_hex_encode(digest, PL_HASH128_LEN, hex);
    *tag = pl_arena_printf(call->ar, "\"%s\"", hex);

    return *tag != NULL ? PL_OK : pl_err_set(err, PL_NOMEM, "answer", 0,
                                             "out of memory");
}


/*
 * Is the tag one of the header's? A weak one, which a proxy made of it by
 * compressing, says the same of the fields.
 */

static bool
answer_names(pl_str_t header, const char *tag)
{
    return pl_str_eq(header, PL_STR("*"))
           || (header.len != 0
               && memmem(header.data, header.len, tag, strlen(tag)) != NULL);
}
