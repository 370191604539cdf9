/*
 * Numbers of records in records: a row of numbers_rows for each field. See
 * leaver_numbers.h. A test fails where a field has none.
 */

#include <string.h>

#include "leaver.pb-c.h"
#include "audited.h"
#include "leaver_numbers.h"
#include "record.pb-c.h"

#define R  PL_NUMBER_RECORD
#define E  PL_NUMBER_ENTRY
#define C  PL_NUMBER_CHANNEL
#define T  PL_NUMBER_TENANT
#define P  PL_NUMBER_PLAIN

typedef struct {
    const ProtobufCMessageDescriptor  *type;
    const char                        *field;
    pl_number_e                        what;
} numbers_row_t;

static pl_status_t numbers_field(ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, pl_number_pt visit, void *data,
    pl_err_t *err);
static bool numbers_there(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field);
static pl_status_t numbers_visit(const ProtobufCFieldDescriptor *field,
    void *at, pl_number_e what, pl_number_pt visit, void *data,
    pl_err_t *err);
static void numbers_subject(Pl__AuditEvent *event);

static const numbers_row_t  numbers_rows[] = {
    { &pl__leaver__line__descriptor, "number", R },
    { &pl__leaver__line__descriptor, "party", R },
    { &pl__leaver__line__descriptor, "owner", R },
    { &pl__leaver__line__descriptor, "contact", R },
    { &pl__leaver__line__descriptor, "channel", C },
    { &pl__leaver__counter__descriptor, "day", P },
    { &pl__leaver__counter__descriptor, "count", P },
    { &pl__address__descriptor, "merge", R },
    { &pl__contact__descriptor, "id", R },
    { &pl__contact__descriptor, "joined_to", R },
    { &pl__contact__descriptor, "joined", R },
    { &pl__contact__descriptor, "apart", R },
    { &pl__contact__descriptor, "spared", P },
    { &pl__contact__descriptor, "channel", C },
    { &pl__consent__descriptor, "channel", C },
    { &pl__consent__descriptor, "message", R },
    { &pl__contact_merge__descriptor, "id", R },
    { &pl__contact_merge__descriptor, "into", R },
    { &pl__contact_merge__descriptor, "from", R },
    { &pl__contact_merge__descriptor, "entry", E },
    { &pl__contact_merge__descriptor, "undone_entry", E },
    { &pl__group__descriptor, "id", R },
    { &pl__group__descriptor, "channel", C },
    { &pl__window__descriptor, "channel", C },
    { &pl__window__descriptor, "contact", R },
    { &pl__window__descriptor, "merge", R },
    { &pl__task__descriptor, "timer", R },
    { &pl__task__descriptor, "turn", P },
    { &pl__flow_run__descriptor, "turn", P },
    { &pl__flow_run__descriptor, "misunderstood", P },
    { &pl__flow_run__descriptor, "channel", C },
    { &pl__flow_run__descriptor, "asked", R },
    { &pl__pulse__descriptor, "turns", P },
    { &pl__pulse__descriptor, "repeats", P },
    { &pl__queue__descriptor, "channel", C },
    { &pl__queue__descriptor, "effects", R },
    { &pl__conversation__descriptor, "owner_epoch", P },
    { &pl__conversation__descriptor, "unread", P },
    { &pl__conversation__descriptor, "newest", R },
    { &pl__conversation__descriptor, "messages", P },
    { &pl__conversation__descriptor, "joined_to", R },
    { &pl__conversation__descriptor, "delayed", R },
    { &pl__conversation__descriptor, "nudges", R },
    { &pl__conversation__descriptor, "read_to", R },
    { &pl__conversation__descriptor, "counted", P },
    { &pl__conversation__descriptor, "notes", P },
    { &pl__conversation__descriptor, "checkpoint", R },
    { &pl__conversation__descriptor, "channels", C },
    { &pl__conversation__descriptor, "spoke_on", C },
    { &pl__send_terms__descriptor, "campaign", P },
    { &pl__message__descriptor, "tenant", T },
    { &pl__message__descriptor, "channel", C },
    { &pl__message__descriptor, "party", R },
    { &pl__message__descriptor, "contact", R },
    { &pl__message__descriptor, "previous", R },
    { &pl__message__descriptor, "entry", E },
    { &pl__message__descriptor, "resent", P },
    { &pl__message__descriptor, "owner_epoch", P },
    { &pl__message__descriptor, "far", R },
    { &pl__message__descriptor, "segments", P },
    { &pl__media__descriptor, "bytes", P },
    { &pl__template_button__descriptor, "index", P },
    { &pl__order_item__descriptor, "quantity", P },
    { &pl__pin__descriptor, "days", P },
    { &pl__template_record__descriptor, "ttl_s", P },
    { &pl__template_record__descriptor, "sync", P },
    { &pl__template_record__descriptor, "submit", R },
    { &pl__cap_count__descriptor, "count", P },
    { &pl__timer__descriptor, "id", R },
    { &pl__timer__descriptor, "tenant", T },
    { &pl__timer__descriptor, "channel", C },
    { &pl__timer__descriptor, "party", R },
    { &pl__timer__descriptor, "contact", R },
    { &pl__timer_resend__descriptor, "effect", R },
    { &pl__timer_step__descriptor, "turn", P },
    { &pl__audit_event__descriptor, "subject", R },
    { &pl__audit_event__descriptor, "entry", E },
};


pl_number_e
pl_leaver_number(const ProtobufCMessageDescriptor *type,
    const ProtobufCFieldDescriptor *field)
{
    size_t  i;

    if (field->type != PROTOBUF_C_TYPE_UINT32
        && field->type != PROTOBUF_C_TYPE_UINT64)
    {
        return PL_NUMBER_PLAIN;
    }

    for (i = 0; i < PL_COUNT(numbers_rows); i++) {
        if (numbers_rows[i].type == type
            && strcmp(numbers_rows[i].field, field->name) == 0)
        {
            return numbers_rows[i].what;
        }
    }

    return PL_NUMBER_NONE;
}


pl_status_t
pl_leaver_numbers(ProtobufCMessage *msg, pl_number_pt visit, void *data,
    pl_err_t *err)
{
    unsigned                         i;
    pl_status_t                      rc = PL_OK;
    const ProtobufCFieldDescriptor  *field;

    if (msg->descriptor == &pl__audit_event__descriptor) {
        numbers_subject((Pl__AuditEvent *) msg);
    }

    for (i = 0; rc == PL_OK && i < msg->descriptor->n_fields; i++) {
        field = &msg->descriptor->fields[i];

        if (numbers_there(msg, field)) {
            rc = numbers_field(msg, field, visit, data, err);
        }
    }

    return rc;
}


static pl_status_t
numbers_field(ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field,
    pl_number_pt visit, void *data, pl_err_t *err)
{
    char         *at = (char *) msg + field->offset;
    size_t        i, n, size;
    pl_number_e   what;
    pl_status_t   rc = PL_OK;

    n = 1;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        n = *(size_t *) (void *) ((char *) msg + field->quantifier_offset);
        at = *(char **) (void *) at;
    }

    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        for (i = 0; rc == PL_OK && i < n; i++) {
            rc = pl_leaver_numbers(((ProtobufCMessage **) (void *) at)[i],
                                   visit, data, err);
        }

        return rc;
    }

    what = pl_leaver_number(msg->descriptor, field);
    size = field->type == PROTOBUF_C_TYPE_UINT32 ? 4 : 8;

    for (i = 0; what > PL_NUMBER_PLAIN && rc == PL_OK && i < n; i++) {
        rc = numbers_visit(field, at + i * size, what, visit, data, err);
    }

    return rc;
}


static bool
numbers_there(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field)
{
    const char  *base = (const char *) msg;

    if (field->label == PROTOBUF_C_LABEL_REQUIRED
        || field->label == PROTOBUF_C_LABEL_REPEATED)
    {
        return true;
    }

    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        return *(const uint32_t *) (const void *)
               (base + field->quantifier_offset) == field->id;
    }

    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return *(void *const *) (const void *) (base + field->offset) != NULL;
    }

    return (field->type == PROTOBUF_C_TYPE_UINT32
            || field->type == PROTOBUF_C_TYPE_UINT64)
           && *(const protobuf_c_boolean *) (const void *)
              (base + field->quantifier_offset);
}


static pl_status_t
numbers_visit(const ProtobufCFieldDescriptor *field, void *at,
    pl_number_e what, pl_number_pt visit, void *data, pl_err_t *err)
{
    uint64_t     n;
    pl_status_t  rc;

    if (field->type == PROTOBUF_C_TYPE_UINT64) {
        rc = visit(data, what, at, err);

    } else {
        n = *(uint32_t *) at;
        rc = visit(data, what, &n, err);
        *(uint32_t *) at = (uint32_t) n;
    }

    if (rc != PL_OK && err != NULL && err->path[0] == '\0') {
        pl_err_path(err, "%s", field->name);
    }

    return rc;
}


static void
numbers_subject(Pl__AuditEvent *event)
{
    pl_audited_e  whose = pl_audited(event->kind);

    if (whose != PL_AUDITED_PERSON && whose != PL_AUDITED_RECORD) {
        event->has_subject = 0;
    }
}
