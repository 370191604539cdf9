/*
 * Groups and their members, people's preferences, and changed numbers
 * (provider-facts 1.4, 1.11, 4): each item of the list is a command, found
 * by the number that the change names.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define GROUP_FACTS_MAX  8


/* One group's event: one piece of memory, but for its members. */
typedef struct {
    Pl__Command       command;
    Pl__GroupChange   change;
    Pl__GroupFact     facts[GROUP_FACTS_MAX];
    Pl__GroupFact    *list[GROUP_FACTS_MAX];
} group_t;

typedef struct {
    Pl__GroupMember   member;
    Pl__Sender        who;
} group_member_t;

typedef struct {
    Pl__Command        command;
    Pl__ConsentChange  change;
    Pl__Sender         from;
} group_preference_t;

typedef struct {
    Pl__Command        command;
    Pl__ContactChange  change;
} group_system_t;


static pl_status_t group_one(pl_whatsapp_decode_t *d, const char *field,
    const Pl__Wa__AccountValue *value, size_t i);
static void group_facts(group_t *out, const Pl__Wa__AccountGroup *in);
static void group_fact(group_t *out, const char *name, char *value);
static pl_status_t group_members(pl_whatsapp_decode_t *d, group_t *out,
    const Pl__Wa__AccountGroup *in);
static pl_status_t group_member(pl_whatsapp_decode_t *d, group_t *out,
    const Pl__Wa__Participant *p, Pl__MemberState state);
static char *group_input(pl_whatsapp_decode_t *d, char *input,
    bool *is_phone);
static pl_status_t group_preference(pl_whatsapp_decode_t *d,
    const Pl__Wa__Preference *in, size_t i);
static bool group_moved(const Pl__Wa__SystemChange *in);


pl_status_t
pl_whatsapp_group_decode(pl_whatsapp_decode_t *d, const char *field,
    const Pl__Wa__AccountValue *value)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0; i < value->n_groups; i++) {
        rc = group_one(d, field, value, i);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


pl_status_t
pl_whatsapp_preference_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__AccountValue *value)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0; i < value->n_user_preferences; i++) {
        rc = group_preference(d, value->user_preferences[i], i);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


pl_status_t
pl_whatsapp_system_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, size_t i)
{
    pl_str_t                raw;
    pl_status_t             rc;
    group_system_t         *out;
    ProtobufCMessage       *msg;
    Pl__Wa__SystemMessage  *said;

    if (in->bad != NULL || d->account == NULL
        || strcmp(in->type, "system") != 0)
    {
        return PL_OK;
    }

    raw.data = in->raw.data;
    raw.len = in->raw.len;

    rc = pl_json_decode(d->codec, &pl__wa__system_message__descriptor, raw,
                        0, d->ar, &msg, NULL);
    if (rc != PL_OK) {
        return rc == PL_NOMEM ? rc : PL_OK;     /* the message is kept */
    }

    said = (Pl__Wa__SystemMessage *) msg;

    if (said->system == NULL || !group_moved(said->system)) {
        return PL_OK;
    }

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL) {
        return PL_NOMEM;
    }

    pl__contact_change__init(&out->change);
    out->change.account = d->account;
    out->change.provider_id = in->id;
    out->change.time_s = pl_whatsapp_decode_time(in->timestamp);
    out->change.old_phone = pl_whatsapp_decode_some(said->from);
    out->change.new_phone = pl_whatsapp_decode_some(said->system->wa_id);
    out->change.new_user_id = pl_whatsapp_decode_some(said->system->user_id);
    out->change.old_user_id =
        pl_whatsapp_decode_some(said->system->previous_user_id);
    out->change.path = pl_whatsapp_decode_path(d, "messages", i);
    out->change.has_raw = true;
    out->change.raw = in->raw;

    if (out->change.path == NULL) {
        return PL_NOMEM;
    }

    if (out->change.new_phone == NULL) {
        out->change.new_phone =
            pl_whatsapp_decode_some(said->system->new_wa_id);
    }

    if (out->change.old_user_id == NULL) {
        out->change.old_user_id =
            pl_whatsapp_decode_some(said->from_user_id);
    }

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_CONTACT_CHANGE;
    out->command.contact_change = &out->change;

    return pl_whatsapp_decode_add(d, &out->command);
}


static pl_status_t
group_one(pl_whatsapp_decode_t *d, const char *field,
    const Pl__Wa__AccountValue *value, size_t i)
{
    char                        *path;
    group_t                     *out;
    const char                  *mistake;
    pl_status_t                  rc;
    const Pl__Wa__AccountGroup  *in = value->groups[i];

    path = pl_whatsapp_decode_path(d, "groups", i);
    mistake = in->bad;

    if (mistake == NULL && d->account == NULL) {
        mistake = "metadata.phone_number_id: required";
    }

    if (mistake != NULL) {
        return pl_whatsapp_decode_unreadable(d, path, mistake, &in->raw);
    }

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    pl__group_change__init(&out->change);
    out->change.account = d->account;
    out->change.field = pl_whatsapp_const(field);
    out->change.type = in->type;
    out->change.time_s = pl_whatsapp_decode_time(in->timestamp);
    out->change.group_id = pl_whatsapp_decode_some(in->group_id);
    out->change.by = pl_whatsapp_decode_some(in->initiated_by != NULL
                                             ? in->initiated_by
                                             : value->initiated_by);
    out->change.request = pl_whatsapp_decode_some(in->join_request_id);
    out->change.path = path;
    out->change.has_raw = true;
    out->change.raw = in->raw;
    out->change.facts = out->list;

    if (in->n_errors != 0 && in->errors[0]->bad == NULL) {
        out->change.has_code = in->errors[0]->has_code;
        out->change.code = in->errors[0]->code;
    }

    group_facts(out, in);

    rc = group_members(d, out, in);
    if (rc != PL_OK) {
        return rc;
    }

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_GROUP_CHANGE;
    out->command.group_change = &out->change;

    return pl_whatsapp_decode_add(d, &out->command);
}


/* What has failed is told by its code, and is no fact. */

static void
group_facts(group_t *out, const Pl__Wa__AccountGroup *in)
{
    const Pl__Wa__GroupText     *text;
    const Pl__Wa__GroupPicture  *picture = in->profile_picture;

    if (strcmp(in->type, "group_suspend") == 0) {
        group_fact(out, "suspended", pl_whatsapp_const("yes"));

    } else if (strcmp(in->type, "group_suspend_cleared") == 0) {
        group_fact(out, "suspended", pl_whatsapp_const("no"));
    }

    text = in->group_subject;

    if (text != NULL && text->bad == NULL && text->update_successful) {
        group_fact(out, "subject", text->text);
    }

    text = in->group_description;

    if (text != NULL && text->bad == NULL && text->update_successful) {
        group_fact(out, "description", text->text);
    }

    if (picture != NULL && picture->bad == NULL
        && picture->update_successful)
    {
        group_fact(out, "picture", picture->sha256);
    }

    if (in->n_errors != 0) {
        return;
    }

    if (strcmp(in->type, "group_create") == 0) {
        group_fact(out, "subject", in->subject);
        group_fact(out, "description", in->description);
        group_fact(out, "invite_link", in->invite_link);
        group_fact(out, "join_approval_mode", in->join_approval_mode);

    } else if (strcmp(in->type, "group_delete") == 0) {
        group_fact(out, "deleted", pl_whatsapp_const("yes"));
    }
}


static void
group_fact(group_t *out, const char *name, char *value)
{
    Pl__GroupFact  *fact;

    if (value == NULL || out->change.n_facts == GROUP_FACTS_MAX) {
        return;
    }

    fact = &out->facts[out->change.n_facts];

    pl__group_fact__init(fact);
    fact->name = pl_whatsapp_const(name);
    fact->value = value;
    fact->time_s = out->change.time_s;

    out->list[out->change.n_facts++] = fact;
}


static pl_status_t
group_members(pl_whatsapp_decode_t *d, group_t *out,
    const Pl__Wa__AccountGroup *in)
{
    size_t               i, n;
    pl_status_t          rc;
    Pl__Wa__Participant  asks = PL__WA__PARTICIPANT__INIT;

    n = in->n_added_participants + in->n_removed_participants + 1;

    out->change.members = pl_arena_alloc(d->ar, n
                                         * sizeof(Pl__GroupMember *));
    if (out->change.members == NULL) {
        return PL_NOMEM;
    }

    asks.wa_id = in->wa_id;
    asks.user_id = in->user_id;

    if (strcmp(in->type, "group_join_request_created") == 0) {
        rc = group_member(d, out, &asks,
                          PL__MEMBER_STATE__MEMBER_STATE_ASKED);

    } else if (strcmp(in->type, "group_join_request_revoked") == 0) {
        rc = group_member(d, out, &asks,
                          PL__MEMBER_STATE__MEMBER_STATE_WITHDRAWN);

    } else {
        rc = PL_OK;
    }

    for (i = 0; rc == PL_OK && i < in->n_added_participants; i++) {
        rc = group_member(d, out, in->added_participants[i],
                          PL__MEMBER_STATE__MEMBER_STATE_JOINED);
    }

    for (i = 0; rc == PL_OK && i < in->n_removed_participants; i++) {
        rc = group_member(d, out, in->removed_participants[i],
                          PL__MEMBER_STATE__MEMBER_STATE_REMOVED);
    }

    return rc;
}


/* One of whom nothing is said that could be looked up is left out. */

static pl_status_t
group_member(pl_whatsapp_decode_t *d, group_t *out,
    const Pl__Wa__Participant *p, Pl__MemberState state)
{
    bool             is_phone;
    char            *input;
    group_member_t  *m;

    if (p->bad != NULL) {
        return PL_OK;
    }

    m = pl_arena_alloc(d->ar, sizeof(*m));
    if (m == NULL) {
        return PL_NOMEM;
    }

    pl__sender__init(&m->who);
    m->who.phone = pl_whatsapp_decode_some(p->wa_id);
    m->who.user_id = pl_whatsapp_decode_some(p->user_id);
    m->who.username = pl_whatsapp_decode_some(p->username);

    if (m->who.phone == NULL && m->who.user_id == NULL) {
        input = group_input(d, p->input, &is_phone);

        if (input == NULL) {
            return PL_OK;
        }

        if (is_phone) {
            m->who.phone = input;

        } else {
            m->who.user_id = input;
        }
    }

    pl__group_member__init(&m->member);
    m->member.state = state;
    m->member.who = &m->who;

    out->change.members[out->change.n_members++] = &m->member;

    return PL_OK;
}


/* As our call named them: a phone as people write it, or a user id. */

static char *
group_input(pl_whatsapp_decode_t *d, char *input, bool *is_phone)
{
    char        *digits, *p;
    const char  *s;

    input = pl_whatsapp_decode_some(input);
    if (input == NULL) {
        return NULL;
    }

    *is_phone = strspn(input, "+0123456789 -().") == strlen(input);

    if (!*is_phone) {
        return input;
    }

    digits = pl_arena_str(d->ar, pl_str_c(input));
    if (digits == NULL) {
        return NULL;
    }

    for (s = input, p = digits; *s != '\0'; s++) {
        if (*s >= '0' && *s <= '9') {
            *p++ = *s;
        }
    }

    *p = '\0';

    return pl_whatsapp_decode_some(digits);
}


static pl_status_t
group_preference(pl_whatsapp_decode_t *d, const Pl__Wa__Preference *in,
    size_t i)
{
    char                *path = pl_whatsapp_decode_path(d,
                                                        "user_preferences",
                                                        i);
    const char          *mistake = in->bad;
    group_preference_t  *out;

    if (mistake == NULL && d->account == NULL) {
        mistake = "metadata.phone_number_id: required";
    }

    if (mistake == NULL && pl_whatsapp_decode_some(in->wa_id) == NULL
        && pl_whatsapp_decode_some(in->user_id) == NULL)
    {
        mistake = "no sender";
    }

    if (mistake != NULL) {
        return pl_whatsapp_decode_unreadable(d, path, mistake, &in->raw);
    }

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    pl__sender__init(&out->from);
    out->from.phone = pl_whatsapp_decode_some(in->wa_id);
    out->from.user_id = pl_whatsapp_decode_some(in->user_id);
    pl_whatsapp_message_name(d, &out->from);

    pl__consent_change__init(&out->change);
    out->change.account = d->account;
    out->change.from = &out->from;
    out->change.category = in->category;
    out->change.word = in->value;
    out->change.time_s = pl_whatsapp_decode_time(in->timestamp);
    out->change.path = path;
    out->change.has_raw = true;
    out->change.raw = in->raw;

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_CONSENT_CHANGE;
    out->command.consent_change = &out->change;

    return pl_whatsapp_decode_add(d, &out->command);
}


/* customer_changed_number is the name in older payloads. */

static bool
group_moved(const Pl__Wa__SystemChange *in)
{
    return in->bad == NULL && in->type != NULL
           && (strcmp(in->type, "user_changed_number") == 0
               || strcmp(in->type, "customer_changed_number") == 0
               || strcmp(in->type, "user_changed_user_id") == 0);
}
