/*
 * See mention.h.
 */

#include <string.h>
#include <strings.h>

#include "../channel/channel.h"
#include "../channel/values.h"
#include "../core/str.h"
#include "alias.h"
#include "import.h"
#include "mention.h"
#include "phone.h"

#define MENTION_TEXT_MAX   (PL_ADDRESS_MAX + 64)    /* as it is written */
#define MENTION_KEY_MAX    64

/* how much shorter a phone may be written than a contact has it: a calling
   code, and the digit that its other form has */
#define MENTION_LESS       (PL_PHONE_CODE_MAX + 1)

#define MENTION_DEPTH_MAX  16

typedef struct {
    const pl_mention_t    *of;
    const Pl__Quarantine  *row;
    const pl_channel_t    *provider;    /* NULL: not known */
    pl_arena_t            *ar;
    size_t                 least;       /* bytes of any of the addresses */
    pl_str_t               key;         /* of the value before */
    bool                   may;         /* what mention_key said of it */
    bool                   user;
} mention_t;

/* What may be an address, once for all that it is compared with. */
typedef struct {
    const char  *text;
    bool         phone;
    bool         twice;                 /* it has another form */
    char         normal[PL_PHONE_MAX + 1];
    char         other[PL_ALIAS_MAX];
} mention_text_t;

static bool mention_value(void *data, pl_str_t key, pl_str_t value);
static bool mention_id(const mention_t *m, pl_str_t value);
static bool mention_may(mention_t *m, pl_str_t key);
static bool mention_key(pl_str_t key, bool *user);
static size_t mention_least(const pl_mention_t *of);
static bool mention_one(const mention_t *m, pl_str_t value);
static void mention_text(const pl_mention_t *of, const char *text,
    mention_text_t *t);
static bool mention_kind(const pl_mention_t *of, const Pl__Address *a,
    const mention_text_t *t);
static bool mention_phone(const pl_mention_t *of, const char *phone,
    const mention_text_t *t);
static pl_str_t mention_trim(pl_str_t s);
static bool mention_message(mention_t *m, const ProtobufCMessage *msg,
    unsigned depth);
static bool mention_field(mention_t *m, const ProtobufCFieldDescriptor *f,
    const void *at, unsigned depth);


bool
pl_mention_aside(const pl_mention_t *of, Pl__Quarantine *row, pl_arena_t *ar)
{
    pl_str_t      packed;
    mention_t     m = { .of = of, .row = row, .ar = ar };
    Pl__Command  *command;

    m.provider = row->provider == NULL
                 ? NULL : pl_channel_find(pl_str_c(row->provider));
    m.least = mention_least(of);
    m.may = mention_key(m.key, &m.user);

    if (row->has_raw
        && pl_values_find(row->raw.data, row->raw.len, mention_value, &m))
    {
        return true;
    }

    if (!row->has_command) {
        return false;
    }

    command = pl_import_kept(row, ar);
    if (command != NULL) {
        return mention_message(&m, &command->base, 0);
    }

    /* none that is read, or one that takes more room than there is */

    packed.data = row->command.data;
    packed.len = row->command.len;

    return pl_values_words(packed, mention_value, &m);
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
    size_t          i;
    mention_text_t  t;

    if (value == NULL) {
        return false;
    }

    mention_text(of, value, &t);

    for (i = 0; i < of->n; i++) {
        if (mention_kind(of, of->addresses[i], &t)) {
            return true;
        }
    }

    return false;
}


/* A list of addresses, as mail has them; or one of them alone. */

static bool
mention_value(void *data, pl_str_t key, pl_str_t value)
{
    bool            found = false;
    pl_str_t        one;
    mention_t      *m = data;
    const uint8_t  *p = value.data, *end;

    if (value.len == 0) {
        return false;
    }

    if (mention_id(m, value)) {
        return true;
    }

    if (!mention_may(m, key)) {
        return false;
    }

    for (end = p + value.len; !found && p < end; p++) {
        for (one.data = p; p < end && *p != ',' && *p != ';'; p++) {
            /* void */
        }

        one.len = (size_t) (p - one.data);
        found = mention_one(m, mention_trim(one));
    }

    return found;
}


/* An id of a message may hold the number of who wrote it. */

static bool
mention_id(const mention_t *m, pl_str_t value)
{
    return m->provider != NULL && m->provider->whose != NULL
           && value.len <= PL_PROVIDER_ID_MAX
           && pl_mention_is(m->of, m->provider->whose(value, m->ar));
}


/* Of a long list it is asked once. */

static bool
mention_may(mention_t *m, pl_str_t key)
{
    if (key.data != m->key.data || key.len != m->key.len) {
        m->key = key;
        m->may = mention_key(key, &m->user);
    }

    return m->may;
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


static size_t
mention_least(const pl_mention_t *of)
{
    size_t  i, n, least = PL_ADDRESS_MAX;

    for (i = 0; i < of->n; i++) {
        n = strlen(of->addresses[i]->value);
        least = n < least ? n : least;
    }

    return least;
}


/* Not the account's own, which every row of it has. */

static bool
mention_one(const mention_t *m, pl_str_t value)
{
    char                text[MENTION_TEXT_MAX + 1];
    size_t              i;
    Pl__Address         own = PL__ADDRESS__INIT;
    mention_text_t      t;
    const Pl__Address  *a;

    if (value.len == 0 || value.len > MENTION_TEXT_MAX
        || value.len + MENTION_LESS < m->least)
    {
        return false;
    }

    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    mention_text(m->of, text, &t);
    own.value = m->row->account;

    for (i = 0; i < m->of->n; i++) {
        a = m->of->addresses[i];
        own.kind = a->kind;

        if ((a->kind == PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID) == m->user
            && mention_kind(m->of, a, &t)
            && (own.value == NULL || !mention_kind(m->of, &own, &t)))
        {
            return true;
        }
    }

    return false;
}


static void
mention_text(const pl_mention_t *of, const char *text, mention_text_t *t)
{
    const char  *colon = strchr(text, ':');

    t->text = text;
    text = colon == NULL ? text : colon + 1;    /* whatsapp:+34600… */
    t->phone = pl_phone_normal(text, of->code, t->normal);
    t->twice = t->phone && pl_alias_other(t->normal, t->other);
}


static bool
mention_kind(const pl_mention_t *of, const Pl__Address *a,
    const mention_text_t *t)
{
    switch (a->kind) {

    case PL__ADDRESS_KIND__ADDRESS_KIND_PHONE:
        return t->phone && mention_phone(of, a->value, t);

    case PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL:
        return strcasecmp(a->value, t->text) == 0;

    default:
        return !of->shared && strcmp(a->value, t->text) == 0;
    }
}


static bool
mention_phone(const pl_mention_t *of, const char *phone,
    const mention_text_t *t)
{
    return (strcmp(t->normal, phone) == 0
            || (t->twice && strcmp(t->other, phone) == 0))
           && (!of->shared || strlen(phone) >= PL_MENTION_SHARED_MIN);
}


/* What stands in angle brackets, or all of it, without space around. */

static pl_str_t
mention_trim(pl_str_t s)
{
    const uint8_t  *angle;

    static const char  space[] = " \t\r\n";

    for (/* void */; s.len > 0 && strchr(space, s.data[0]) != NULL; s.len--) {
        s.data++;
    }

    while (s.len > 0 && strchr(space, s.data[s.len - 1]) != NULL) {
        s.len--;
    }

    if (s.len == 0 || s.data[s.len - 1] != '>') {
        return s;
    }

    angle = memrchr(s.data, '<', s.len);
    if (angle != NULL) {
        s.len -= (size_t) (angle + 1 - s.data) + 1;
        s.data = angle + 1;
    }

    return s;
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
