/*
 * See fields.h. Fields are found by the message's own descriptor, so that a
 * new one of the API's is there at once.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/str.h"
#include "fields.h"

#define FIELDS_NAME_MAX  64

static pl_status_t fields_one(plctl_t *ctl, ProtobufCMessage *msg,
    const char *word, pl_err_t *err);
static pl_status_t fields_inner(plctl_t *ctl, ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, ProtobufCMessage **inner,
    pl_err_t *err);
static pl_status_t fields_value(plctl_t *ctl, ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, const char *value, pl_err_t *err);
static pl_status_t fields_number(const char *name, const char *value,
    uint32_t *n, pl_err_t *err);
static void fields_lines(plctl_t *ctl, const ProtobufCMessage *msg,
    const char *lead);


pl_status_t
plctl_fields_set(plctl_t *ctl, ProtobufCMessage *msg,
    const char *const *words, unsigned n_words, pl_err_t *err)
{
    unsigned     i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < n_words; i++) {
        rc = fields_one(ctl, msg, words[i], err);
    }

    return rc;
}


void
plctl_fields_print(plctl_t *ctl, const ProtobufCMessage *msg)
{
    fields_lines(ctl, msg, "");
}


static pl_status_t
fields_one(plctl_t *ctl, ProtobufCMessage *msg, const char *word,
    pl_err_t *err)
{
    char                             name[FIELDS_NAME_MAX];
    size_t                           len;
    const char                      *at = word;
    pl_status_t                      rc;
    const ProtobufCFieldDescriptor  *field;

    for ( ;; ) {
        len = strcspn(at, ".=");

        if (len == 0 || len >= sizeof(name) || at[len] == '\0') {
            return pl_err_set(err, PL_INVALID, "", 0,
                              "\"%s\" is not FIELD=VALUE", word);
        }

        memcpy(name, at, len);
        name[len] = '\0';

        /* what stands in an argument stands in the list of processes */

        if (strcmp(name, "token") == 0) {
            return pl_err_set(err, PL_INVALID, "", 0,
                              "a token is read by --token-file");
        }

        field = protobuf_c_message_descriptor_get_field_by_name(
                    msg->descriptor, name);

        if (field == NULL || field->label == PROTOBUF_C_LABEL_REPEATED
            || (at[len] == '.') != (field->type == PROTOBUF_C_TYPE_MESSAGE))
        {
            return pl_err_set(err, PL_INVALID, "", 0,
                              "there is no field \"%s\"", name);
        }

        if (at[len] == '=') {
            return fields_value(ctl, msg, field, at + len + 1, err);
        }

        rc = fields_inner(ctl, msg, field, &msg, err);
        if (rc != PL_OK) {
            return rc;
        }

        at += len + 1;
    }
}


static pl_status_t
fields_inner(plctl_t *ctl, ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, ProtobufCMessage **inner,
    pl_err_t *err)
{
    ProtobufCMessage                   **at;
    const ProtobufCMessageDescriptor    *type = field->descriptor;

    at = (ProtobufCMessage **) (void *) ((char *) msg + field->offset);

    if (*at == NULL) {
        *at = pl_arena_zalloc(ctl->ar, type->sizeof_message);
        if (*at == NULL) {
            return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
        }

        protobuf_c_message_init(type, *at);
    }

    *inner = *at;

    return PL_OK;
}


static pl_status_t
fields_value(plctl_t *ctl, ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, const char *value, pl_err_t *err)
{
    void              *at = (char *) msg + field->offset;
    uint32_t           n = 0;
    pl_status_t        rc = PL_OK;
    protobuf_c_boolean  *has;

    has = field->label == PROTOBUF_C_LABEL_OPTIONAL
          && field->quantifier_offset != 0
          ? (protobuf_c_boolean *) (void *) ((char *) msg
                                             + field->quantifier_offset)
          : NULL;

    switch (field->type) {

    case PROTOBUF_C_TYPE_STRING:
        *(char **) at = value[0] == '\0' ? NULL : pl_arena_str(ctl->ar,
                                                      pl_str_c(value));
        return value[0] != '\0' && *(char **) at == NULL
               ? pl_err_set(err, PL_NOMEM, "", 0, "out of memory") : PL_OK;

    case PROTOBUF_C_TYPE_UINT32:
        rc = value[0] == '\0' ? PL_OK
                              : fields_number(field->name, value, &n, err);
        *(uint32_t *) at = n;
        break;

    case PROTOBUF_C_TYPE_BOOL:
        if (value[0] != '\0' && strcmp(value, "true") != 0
            && strcmp(value, "false") != 0)
        {
            return pl_err_set(err, PL_INVALID, "", 0,
                              "%s is true or false", field->name);
        }

        *(protobuf_c_boolean *) at = strcmp(value, "true") == 0;
        break;

    default:
        return pl_err_set(err, PL_INVALID, "", 0,
                          "%s is not set from here", field->name);
    }

    if (rc == PL_OK && has != NULL) {
        *has = value[0] != '\0';
    }

    return rc;
}


static pl_status_t
fields_number(const char *name, const char *value, uint32_t *n,
    pl_err_t *err)
{
    int64_t  wide;

    if (pl_str_int(pl_str_c(value), &wide) != PL_OK || wide < 0
        || wide > UINT32_MAX)
    {
        return pl_err_set(err, PL_INVALID, "", 0, "%s is a number", name);
    }

    *n = (uint32_t) wide;

    return PL_OK;
}


static void
fields_lines(plctl_t *ctl, const ProtobufCMessage *msg, const char *lead)
{
    size_t                           i;
    const void                      *at;
    const char                      *text;
    const ProtobufCFieldDescriptor  *field;

    for (i = 0; i < msg->descriptor->n_fields; i++) {
        field = &msg->descriptor->fields[i];
        at = (const char *) msg + field->offset;

        if (field->label == PROTOBUF_C_LABEL_REPEATED
            || (field->label == PROTOBUF_C_LABEL_OPTIONAL
                && field->quantifier_offset != 0
                && !*(const protobuf_c_boolean *) (const void *)
                    ((const char *) msg + field->quantifier_offset)))
        {
            continue;
        }

        switch (field->type) {

        case PROTOBUF_C_TYPE_STRING:
            text = *(char *const *) at;
            if (text != NULL && text[0] != '\0') {
                fprintf(ctl->out, "%s%s: %s\n", lead, field->name,
                        plctl_clean(ctl->ar, text));
            }
            break;

        case PROTOBUF_C_TYPE_UINT32:
            fprintf(ctl->out, "%s%s: %" PRIu32 "\n", lead, field->name,
                    *(const uint32_t *) at);
            break;

        case PROTOBUF_C_TYPE_BOOL:
            fprintf(ctl->out, "%s%s: %s\n", lead, field->name,
                    *(const protobuf_c_boolean *) at ? "true" : "false");
            break;

        case PROTOBUF_C_TYPE_MESSAGE:
            if (*(ProtobufCMessage *const *) at != NULL) {
                text = pl_arena_printf(ctl->ar, "%s%s.", lead, field->name);
                fields_lines(ctl, *(ProtobufCMessage *const *) at,
                             text != NULL ? text : "");
            }
            break;

        default:
            break;
        }
    }
}
