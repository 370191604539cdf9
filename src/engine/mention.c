/*
 * See mention.h.
 */

#include <string.h>
#include <strings.h>

#include "../channel/values.h"
#include "../core/str.h"
#include "alias.h"
#include "import.h"
#include "mention.h"
#include "phone.h"

#define MENTION_VALUE_MAX  4096         /* a list of addresses, as text */
#define MENTION_KEY_MAX    64
#define MENTION_DEPTH_MAX  16

typedef struct {
    const pl_mention_t    *of;
    const Pl__Quarantine  *row;
} mention_t;

static bool mention_value(void *data, pl_str_t key, pl_str_t value);
static bool mention_key(pl_str_t key, bool *user);
static bool mention_one(const mention_t *m, bool user, const char *text);
static bool mention_kind(const pl_mention_t *of, const Pl__Address *a,
    const char *text);
static bool mention_phone(const pl_mention_t *of, const char *phone,
    const char *text);
static char *mention_trim(char *text);
static bool mention_message(mention_t *m, const ProtobufCMessage *msg,
    unsigned depth);
static bool mention_field(mention_t *m, const ProtobufCFieldDescriptor *f,
    const void *at, unsigned depth);


pl_status_t
pl_mention_aside(const pl_mention_t *of, const Pl__Quarantine *row,
    pl_arena_t *ar, bool *found, pl_err_t *err)
{
    pl_str_t      raw;
    mention_t     m = { of, row };
    pl_status_t   rc = PL_OK;
    Pl__Command  *command;

    *found = false;

    if (row->has_raw) {
        raw.data = row->raw.data;
        raw.len = row->raw.len;
        rc = pl_values_find(raw, ar, mention_value, &m, found);
    }

    if (rc != PL_OK) {
        return pl_err_set(err, rc, "quarantine", 0, "out of memory");
    }

    command = *found ? NULL : pl_import_kept(row, ar);
    *found = *found || (command != NULL
                        && mention_message(&m, &command->base, 0));

    return PL_OK;
}


bool
pl_mention_status(const pl_mention_t *of, const Pl__DeliveryStatus *s)
{
    return pl_mention_is(of, s->recipient)
           || pl_mention_is(of, s->recipient_user_id)
           || pl_mention_is(of, s->participant)
           || pl_mention_is(of, s->participant_user_id);
}


bool
pl_mention_is(const pl_mention_t *of, const char *value)
{
    size_t  i;

    for (i = 0; value != NULL && i < of->n; i++) {
        if (mention_kind(of, of->addresses[i], value)) {
            return true;
        }
    }

    return false;
}


/* A list of addresses, as mail has them; or one of them alone. */

static bool
mention_value(void *data, pl_str_t key, pl_str_t value)
{
    bool        user, found = false;
    char        text[MENTION_VALUE_MAX + 1], *p, *next;
    mention_t  *m = data;

    if (value.len == 0 || value.len > MENTION_VALUE_MAX
        || !mention_key(key, &user))
    {
        return false;
    }

    memcpy(text, value.data, value.len);
    text[value.len] = '\0';

    for (p = text; p != NULL && !found; p = next) {
        next = strpbrk(p, ",;");

        if (next != NULL) {
            *next++ = '\0';
        }

        found = mention_one(m, user, mention_trim(p));
    }

    return found;
}


/*
 * Can a value of that name be an address of a person? Not what was said, nor
 * when, nor a number that is something else's. *user: it is a user id.
 */

static bool
mention_key(pl_str_t key, bool *user)
{
    char    name[MENTION_KEY_MAX + 1];
    size_t  i, n;

    static const char *const  people[] = {
        "waid", "recipientid", "participantid",
    };
    static const char *const  others[] = {
        "time", "date", "expir", "count", "size", "displayphonenumber",
        "body", "text", "html", "plain", "caption", "subject", "title",
    };

    for (i = 0, n = 0; i < key.len && n < MENTION_KEY_MAX; i++) {
        if (key.data[i] != '_' && key.data[i] != '-') {
            name[n++] = (char) (key.data[i] >= 'A' && key.data[i] <= 'Z'
                                ? key.data[i] + ('a' - 'A') : key.data[i]);
        }
    }

    name[n] = '\0';
    *user = n >= 6 && strcmp(name + n - 6, "userid") == 0;

    for (i = 0; i < PL_COUNT(people); i++) {
        if (*user || strcmp(name, people[i]) == 0) {
            return true;
        }
    }

    for (i = 0; i < PL_COUNT(others); i++) {
        if (strstr(name, others[i]) != NULL) {
            return false;
        }
    }

    return n < 2 || strcmp(name + n - 2, "id") != 0;
}


/* Not the account's own, which every row of it has. */

static bool
mention_one(const mention_t *m, bool user, const char *text)
{
    size_t              i;
    Pl__Address         own = PL__ADDRESS__INIT;
    const Pl__Address  *a;

    own.value = m->row->account;

    for (i = 0; i < m->of->n; i++) {
        a = m->of->addresses[i];
        own.kind = a->kind;

        if ((a->kind == PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID) == user
            && mention_kind(m->of, a, text)
            && (own.value == NULL || !mention_kind(m->of, &own, text)))
        {
            return true;
        }
    }

    return false;
}


static bool
mention_kind(const pl_mention_t *of, const Pl__Address *a, const char *text)
{
    switch (a->kind) {

    case PL__ADDRESS_KIND__ADDRESS_KIND_PHONE:
        return mention_phone(of, a->value, text);

    case PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL:
        return strcasecmp(a->value, text) == 0;

    default:
        return !of->shared && strcmp(a->value, text) == 0;
    }
}


static bool
mention_phone(const pl_mention_t *of, const char *phone, const char *text)
{
    char         normal[PL_PHONE_MAX + 1];
    const char  *colon = strchr(text, ':');

    text = colon == NULL ? text : colon + 1;    /* whatsapp:+34600… */

    return (!of->shared || strlen(phone) >= PL_MENTION_SHARED_MIN)
           && pl_phone_normal(text, of->code, normal)
           && (strcmp(normal, phone) == 0 || pl_alias_same(normal, phone));
}


/* What stands in angle brackets, or all of it, without space around. */

static char *
mention_trim(char *text)
{
    char    *angle;
    size_t   n;

    static const char  space[] = " \t\r\n";

    text += strspn(text, space);

    for (n = strlen(text); n > 0 && strchr(space, text[n - 1]) != NULL; n--) {
        /* void */
    }

    text[n] = '\0';
    angle = n > 0 && text[n - 1] == '>' ? strrchr(text, '<') : NULL;

    if (angle != NULL) {
        text[n - 1] = '\0';
        text = angle + 1;
    }

    return text;
}


/* What waited for an import is a command, whose fields have such names, too. */

static bool
mention_message(mention_t *m, const ProtobufCMessage *msg, unsigned depth)
{
    bool             many, found = false;
    size_t           j, n, size;
    unsigned         i;
    const uint8_t   *at;

    const ProtobufCFieldDescriptor  *f;

    for (i = 0; !found && i < msg->descriptor->n_fields; i++) {
        f = &msg->descriptor->fields[i];
        at = (const uint8_t *) msg + f->offset;
        many = f->label == PROTOBUF_C_LABEL_REPEATED;

        if ((f->type != PROTOBUF_C_TYPE_STRING
             && f->type != PROTOBUF_C_TYPE_MESSAGE)
            || ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0
                && *(const uint32_t *) (const void *)
                    ((const uint8_t *) msg + f->quantifier_offset) != f->id))
        {
            continue;
        }

        n = many ? *(const size_t *) (const void *)
                    ((const uint8_t *) msg + f->quantifier_offset) : 1;
        size = sizeof(void *);
        at = many ? *(const uint8_t *const *) (const void *) at : at;

        for (j = 0; !found && j < n; j++) {
            found = mention_field(m, f, *(const void *const *) (const void *)
                                        (at + j * size), depth);
        }
    }

    return found;
}


static bool
mention_field(mention_t *m, const ProtobufCFieldDescriptor *f, const void *at,
    unsigned depth)
{
    if (at == NULL || at == f->default_value) {
        return false;
    }

    return f->type == PROTOBUF_C_TYPE_STRING
           ? mention_value(m, pl_str_c(f->name), pl_str_c(at))
           : depth < MENTION_DEPTH_MAX && mention_message(m, at, depth + 1);
}
