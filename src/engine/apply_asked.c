/*
 * Asked: a command under a key, done once. See asked.h.
 */

#include <string.h>

#include "asked.h"
#include "import.h"
#include "request.h"
#include "sandbox.h"
#include "subject.h"

static pl_status_t asked_check(const Pl__Asked *in, pl_err_t *err);
static bool asked_may(const Pl__Asked *in);
static pl_status_t asked_do(pl_apply_t *ap, const Pl__Asked *in,
    pl_err_t *err);
static pl_status_t asked_holds(pl_apply_t *ap, const Pl__Asked *in,
    bool *holds, pl_err_t *err);
static pl_status_t asked_wrong(pl_apply_t *ap, const pl_err_t *why,
    pl_err_t *err);


pl_status_t
pl_apply_asked(pl_apply_t *ap, const Pl__Asked *in, pl_err_t *err)
{
    pl_status_t   rc;
    Pl__Verdict   verdict = PL__VERDICT__INIT;
    Pl__Verdict  *before;

    rc = asked_check(in, err);
    if (rc != PL_OK) {
        return rc;
    }

    /* a key lives in real time: its asker's */

    rc = pl_request_get(ap->txn, in->tenant, in->key.data,
                        pl_sandbox_now(ap), ap->ar, &before, err);
    if (rc != PL_NOTFOUND) {
        return rc == PL_OK ? pl_request_again(ap, in->tenant, in->key.data,
                                              in->digest.data, before, err)
                           : rc;
    }

    verdict.decision = PL__DECISION__DECISION_DONE;

    ap->asked = &verdict;
    rc = asked_do(ap, in, err);
    ap->asked = NULL;

    if (rc != PL_OK) {
        return rc;
    }

    verdict.time_ms = pl_sandbox_now(ap);
    verdict.entry = ap->entry;
    verdict.digest = in->digest;

    rc = pl_request_put(ap, in->tenant, in->key.data, &verdict, err);

    return rc == PL_OK ? pl_feed_count(ap, in->tenant, "asked",
                                       verdict.decision
                                       == PL__DECISION__DECISION_REFUSED
                                       ? "refused" : "done", err) : rc;
}


void
pl_asked_refuse(pl_apply_t *ap, const char *rule, const char *path,
    const char *text)
{
    if (ap->asked == NULL) {
        return;
    }

    ap->asked->decision = PL__DECISION__DECISION_REFUSED;
    ap->asked->rule = (char *) rule;
    ap->asked->path = (char *) path;
    ap->asked->text = (char *) text;
}


void
pl_asked_made(pl_apply_t *ap, uint64_t id)
{
    if (ap->asked != NULL) {
        ap->asked->has_id = 1;
        ap->asked->id = id;
    }
}


void
pl_asked_message(pl_apply_t *ap, uint64_t message, uint64_t effect)
{
    if (ap->asked == NULL) {
        return;
    }

    ap->asked->has_message = 1;
    ap->asked->message = message;
    ap->asked->has_effect = (effect != 0);
    ap->asked->effect = effect;
}


/* What is wrong here is a mistake of the program that asked. */

static pl_status_t
asked_check(const Pl__Asked *in, pl_err_t *err)
{
    pl_status_t  rc;

    if (in->key.len != PL_REQUEST_KEY_LEN
        || in->digest.len != PL_HASH128_LEN)
    {
        rc = pl_err_set(err, PL_INVALID, "asked", 0,
                        "key and digest have 16 bytes");
        pl_err_path(err, "key");
        return rc;
    }

    if (in->if_match != NULL
        && in->if_match->digest.len != PL_HASH128_LEN)
    {
        rc = pl_err_set(err, PL_INVALID, "asked", 0,
                        "a view's digest has 16 bytes");
        pl_err_path(err, "if_match.digest");
        return rc;
    }

    if (!asked_may(in)) {
        rc = pl_err_set(err, PL_INVALID, "asked", (int) in->command->of_case,
                        "no command that somebody asks for, or another "
                        "tenant's");
        pl_err_path(err, "command");
        return rc;
    }

    return PL_OK;
}


/* One that names its tenant: this one; and that no machine appends. */

static bool
asked_may(const Pl__Asked *in)
{
    const void                      *of;
    const Pl__Command               *command = in->command;
    const ProtobufCFieldDescriptor  *field;

    switch (command->of_case) {

    case PL__COMMAND__OF__NOT_SET:
    case PL__COMMAND__OF_ASKED:
    case PL__COMMAND__OF_ATTEMPT:
    case PL__COMMAND__OF_RELEASE:
        return false;

    default:
        break;
    }

    field = protobuf_c_message_descriptor_get_field(
        &pl__command__descriptor, (unsigned) command->of_case);

    if (field == NULL) {
        return false;
    }

    of = *(const void *const *) ((const char *) command + field->offset);

    field = protobuf_c_message_descriptor_get_field_by_name(
        field->descriptor, "tenant");

    return of != NULL && field != NULL
           && field->type == PROTOBUF_C_TYPE_UINT32
           && *(const uint32_t *) ((const char *) of + field->offset)
              == in->tenant;
}


static pl_status_t
asked_do(pl_apply_t *ap, const Pl__Asked *in, pl_err_t *err)
{
    bool         holds = true;
    pl_err_t     why;
    pl_status_t  rc;

    if (in->if_match != NULL) {
        rc = asked_holds(ap, in, &holds, err);
        if (rc != PL_OK || !holds) {
            return rc;
        }
    }

    if (pl_import_closed(ap, in->command)) {
        pl_asked_refuse(ap, PL_IMPORT_OPEN, NULL,
                        PL_IMPORT_TEXT);
        return PL_OK;
    }

    memset(&why, 0, sizeof(why));

    rc = pl_apply_command(ap, in->command, &why);

    if (rc == PL_INVALID) {
        return asked_wrong(ap, &why, err);
    }

    if (rc != PL_OK && err != NULL) {
        *err = why;
    }

    return rc;
}


/* Has the record still the fields that its editor saw? */

static pl_status_t
asked_holds(pl_apply_t *ap, const Pl__Asked *in, bool *holds, pl_err_t *err)
{
    uint8_t              digest[PL_HASH128_LEN];
    pl_status_t          rc;
    const Pl__Subject   *subject = in->if_match->subject;

    rc = pl_subject_digest(ap->txn, ap->settings, in->tenant, subject->kind,
                           subject->id, ap->hash, ap->ar, digest, err);

    if (rc == PL_INVALID || rc == PL_NOTFOUND) {
        *holds = false;
        pl_asked_refuse(ap, "subject.unknown", NULL,
                        "there is no such record any more");
        return PL_OK;
    }

    if (rc == PL_OK
        && memcmp(digest, in->if_match->digest.data, sizeof(digest)) != 0)
    {
        *holds = false;
        pl_asked_refuse(ap, "precondition.failed", NULL,
                        "it has been changed meanwhile");
    }

    return rc;
}


/* Nothing was written: the verdict says why. */

static pl_status_t
asked_wrong(pl_apply_t *ap, const pl_err_t *why, pl_err_t *err)
{
    char  *path, *text;

    path = why->path[0] == '\0' ? NULL
                                : pl_arena_printf(ap->ar, "%s", why->path);
    text = pl_arena_printf(ap->ar, "%s", why->text);

    if (text == NULL || (path == NULL && why->path[0] != '\0')) {
        return pl_err_set(err, PL_NOMEM, "asked", 0, "out of memory");
    }

    pl_asked_refuse(ap, "request.refused", path, text);

    return PL_OK;
}
