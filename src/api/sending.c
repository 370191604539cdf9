/*
 * Terms and recipients of what is to be sent. See sending.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../channel/mail.h"
#include "../core/str.h"
#include "../engine/address.h"
#include "../engine/alias.h"
#include "sending.h"

#define SENDING_WORDS(body)                                                   \
    s->channel = (body)->channel;                                             \
    s->text = (body)->text;                                                   \
    s->template = (body)->template_;                                          \
    s->media = (body)->media;                                                 \
    s->interactive = (body)->interactive;                                     \
    s->location = (body)->location;                                           \
    s->send_at = (body)->send_at;                                             \
    s->expires_at = (body)->expires_at;                                       \
    s->collapse_key = (body)->collapse_key;                                   \
    s->category = (body)->has_category ? &(body)->category : NULL;            \
    s->otherwise = (body)->otherwise;                                         \
    s->otherwise_category = (body)->has_otherwise_category                    \
                            ? &(body)->otherwise_category : NULL;             \
    s->business_hours = (body)->business_hours;                               \
    s->lane = (body)->has_lane ? &(body)->lane : NULL;                        \
    s->campaign = (body)->has_campaign ? (body)->campaign : 0;                \
    s->variables = (body)->variables;                                         \
    s->n_variables = (body)->n_variables

/* A field of a SendRequest, or what it begins with, and the body's. */
typedef struct {
    const char  *of;
    const char  *is;
} sending_field_t;

static pl_status_t sending_author(pl_api_call_t *call, const pl_sending_t *s,
    Pl__SendRequest *request);
static pl_status_t sending_quoted(pl_api_call_t *call, const char *id,
    Pl__SendRequest *request, pl_err_t *err);
static pl_status_t sending_contact(pl_api_call_t *call,
    const Pl__Api__SendTo *to, const char *lead, bool known,
    Pl__SendRequest *request, pl_err_t *err);
static pl_status_t sending_group(pl_api_call_t *call, const char *text,
    bool known, Pl__Address *address, pl_err_t *err);


static const sending_field_t  sending_fields[] = {
    { "content.text.body", "text" },
    { "content.text", "text" },
    { "content.template", "template" },
    { "content.media", "media.file" },
    { "content.interactive", "interactive" },
    { "content.location", "location" },
    { "content.cards.cards", "contacts" },
    { "content.cards", "contacts" },
    { "content.reaction", "reaction" },
    { "address", "to" },
    { "contact", "to.contact" },
    { "at_ms", "send_at" },
    { "expires_ms", "expires_at" },
};


void
pl_sending_one(pl_sending_t *s, const Pl__Api__SendBody *body)
{
    memset(s, 0, sizeof(*s));
    SENDING_WORDS(body);
    s->preview_url = body->preview_url;
    s->contacts = body->contacts;
    s->n_contacts = body->n_contacts;
    s->email = body->email;
    s->reaction = body->reaction;
    s->reply_to = body->reply_to;
    s->author = body->has_author ? &body->author : NULL;
}


void
pl_sending_bulk(pl_sending_t *s, const Pl__Api__BulkBody *body)
{
    memset(s, 0, sizeof(*s));
    SENDING_WORDS(body);
    s->bulk = true;
}


pl_status_t
pl_sending_request(pl_api_call_t *call, const pl_sending_t *s,
    const Pl__Api__SendTo *to, Pl__SendRequest *request, pl_err_t *err)
{
    pl_status_t         rc;
    pl_sending_wrong_t  wrong;

    pl__send_request__init(request);

    rc = pl_sending_terms(call, s, request, err);

    if (rc == PL_OK) {
        rc = pl_sending_to(call, to, "to", true, request, err);
    }

    if (rc == PL_OK) {
        rc = pl_sending_content(call, s, request, &wrong, err);
    }

    return rc == PL_OK && wrong.field != NULL
           ? pl_api_problem(call, PL_API_BAD_FIELD, wrong.field, "%s",
                            wrong.text)
           : rc;
}


pl_status_t
pl_sending_terms(pl_api_call_t *call, const pl_sending_t *s,
    Pl__SendRequest *request, pl_err_t *err)
{
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    rc = pl_sending_channel(call, s->channel, &channel);

    if (rc == PL_OK) {
        rc = pl_api_time_read(call, s->send_at, "send_at", &request->at_ms);
    }

    if (rc == PL_OK) {
        rc = pl_api_time_read(call, s->expires_at, "expires_at",
                              &request->expires_ms);
    }

    if (rc == PL_OK) {
        rc = sending_author(call, s, request);
    }

    if (rc == PL_OK && s->reply_to != NULL) {
        rc = sending_quoted(call, s->reply_to, request, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    request->tenant = call->tenant;
    request->channel = channel != NULL ? channel->row->id : 0;
    request->has_at_ms = s->send_at != NULL;
    request->has_expires_ms = s->expires_at != NULL;
    request->collapse_key = s->collapse_key;
    request->actor = (char *) call->who.actor;
    request->has_business_hours = s->business_hours;
    request->business_hours = s->business_hours;
    request->has_campaign = s->campaign != 0;
    request->campaign = s->campaign;
    request->has_lane = s->lane != NULL || s->bulk || s->campaign != 0;
    request->lane = s->lane != NULL ? *s->lane : PL__LANE__LANE_CAMPAIGN;

    if (s->category != NULL) {
        request->has_category = 1;
        request->category = *s->category;
    }

    if (s->otherwise_category != NULL) {
        request->has_otherwise_category = 1;
        request->otherwise_category = *s->otherwise_category;
    }

    return PL_OK;
}


/* None named of several: the engine finds one (engine/reach.h). */

pl_status_t
pl_sending_channel(pl_api_call_t *call, const char *name,
    const pl_channel_conf_t **channel)
{
    *channel = NULL;

    return name == NULL && pl_rows_channels(call) > 1
           ? PL_OK : pl_rows_channel(call, name, "channel", channel);
}


/*
 * What a person at a desk says leaves in quiet hours, too: no program may
 * say that it is one.
 */

static pl_status_t
sending_author(pl_api_call_t *call, const pl_sending_t *s,
    Pl__SendRequest *request)
{
    request->has_author = 1;
    request->author = call->who.role == PL__API_ROLE__API_ROLE_AGENT
                      && !s->bulk
                      ? PL__AUTHOR__AUTHOR_PERSON
                      : PL__AUTHOR__AUTHOR_PROGRAM;

    if (s->author == NULL) {
        return PL_OK;
    }

    if (*s->author == PL__AUTHOR__AUTHOR_PERSON
        && call->who.role == PL__API_ROLE__API_ROLE_BOT)
    {
        return pl_api_problem(call, PL_API_BAD_FIELD, "author",
                              "a bot is no person");
    }

    request->author = *s->author;

    return PL_OK;
}


/* A provider knows its own id of what is quoted. */

static pl_status_t
sending_quoted(pl_api_call_t *call, const char *id, Pl__SendRequest *request,
    pl_err_t *err)
{
    uint64_t      number;
    pl_status_t   rc;
    Pl__Message  *message;

    if (!pl_api_id_read(pl_str_c(id), "msg_", &number)) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "reply_to",
                              "a message's id is as in msg_5");
    }

    rc = pl_rows_message(call, number, &message, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (message->provider_id == NULL) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "reply_to",
                              "the provider does not know it yet");
    }

    request->reply_to = message->provider_id;

    return PL_OK;
}


/* ---- to whom -------------------------------------------------------- */

pl_status_t
pl_sending_to(pl_api_call_t *call, const Pl__Api__SendTo *to,
    const char *lead, bool known, Pl__SendRequest *request, pl_err_t *err)
{
    int           n;
    pl_status_t   rc = PL_OK;
    Pl__Address  *address;

    n = (to->contact != NULL) + (to->phone != NULL) + (to->user_id != NULL)
        + (to->group != NULL) + (to->email != NULL);

    if (n != 1) {
        return pl_api_problem(call, PL_API_BAD_FIELD, lead, "one of contact, "
                              "phone, user_id, group and email says to whom");
    }

    if (to->contact != NULL) {
        return sending_contact(call, to, lead, known, request, err);
    }

    address = pl_arena_alloc(call->ar, sizeof(*address));
    if (address == NULL) {
        return pl_rows_nomem(err);
    }

    pl__address__init(address);
    address->kind = PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;
    address->value = to->user_id;

    if (to->phone != NULL) {
        rc = pl_sending_phone(call, to->phone,
                              pl_arena_printf(call->ar, "%s.phone", lead),
                              address);

    } else if (to->group != NULL) {
        rc = sending_group(call, to->group, known, address, err);

    } else if (to->email != NULL) {
        rc = pl_sending_email(call, to->email,
                              pl_arena_printf(call->ar, "%s.email", lead),
                              address);
    }

    request->address = address;

    return rc;
}


static pl_status_t
sending_contact(pl_api_call_t *call, const Pl__Api__SendTo *to,
    const char *lead, bool known, Pl__SendRequest *request, pl_err_t *err)
{
    pl_apply_t    ap;
    pl_status_t   rc;
    Pl__Contact  *contact;

    request->has_contact = 1;

    if (!pl_api_id_read(pl_str_c(to->contact), "cnt_", &request->contact)) {
        return pl_api_problem(call, PL_API_BAD_FIELD,
                              pl_arena_printf(call->ar, "%s.contact", lead),
                              "a contact's id is as in cnt_7");
    }

    pl_rows_reader(call, &ap);

    rc = pl_contact_root(&ap, call->tenant, request->contact, &contact, err);

    if (rc == PL_OK) {
        request->contact = contact->id;
    }

    return rc == PL_NOTFOUND ? (known ? pl_api_missing(call) : PL_OK) : rc;
}


pl_status_t
pl_sending_phone(pl_api_call_t *call, const char *phone, const char *field,
    Pl__Address *address)
{
    char  digits[PL_PHONE_MAX + 1];

    if (!pl_alias_digits(phone, digits, sizeof(digits))) {
        return pl_api_problem(call, PL_API_BAD_FIELD, field,
                              "a phone number is 1 to %d digits, with its "
                              "country's code", PL_PHONE_MAX);
    }

    address->kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address->value = pl_arena_str(call->ar, pl_str_c(digits));

    return address->value != NULL ? PL_OK : PL_NOMEM;
}


/* In lower case, as those are that mail comes from. */

pl_status_t
pl_sending_email(pl_api_call_t *call, const char *text, const char *field,
    Pl__Address *address)
{
    const char   *form;
    pl_status_t   rc;

    address->kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;

    if (!pl_mail_address_valid(pl_str_c(text))) {
        return pl_api_problem(call, PL_API_BAD_FIELD, field,
                              "not an address of mail");
    }

    rc = pl_address_email(call->ar, text, &form, NULL);
    address->value = (char *) form;

    return rc;
}


static pl_status_t
sending_group(pl_api_call_t *call, const char *text, bool known,
    Pl__Address *address, pl_err_t *err)
{
    uint64_t           id;
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    address->kind = PL__ADDRESS_KIND__ADDRESS_KIND_GROUP;
    address->value = (char *) text;

    if (!pl_api_id_read(pl_str_c(text), "grp_", &id)) {
        return PL_OK;                   /* the provider's */
    }

    pl_key_tenant_seq(&key, call->tenant, id);

    rc = pl_record_get(call->txn, PL_TABLE_GROUPS, pl_key_str(&key),
                       &pl__group__descriptor, call->ar, &msg, err);

    if (rc == PL_OK) {
        address->value = ((Pl__Group *) msg)->group_id;
    }

    return rc == PL_NOTFOUND ? (known ? pl_api_missing(call) : PL_OK) : rc;
}


/* ---- what the engine says of it ------------------------------------- */

const char *
pl_sending_field(pl_api_call_t *call, const char *path)
{
    size_t       i, len;
    const char  *lead = "";

    if (path == NULL) {
        return NULL;
    }

    if (strncmp(path, "otherwise, ", 11) == 0) {
        lead = "otherwise";
        path += 11;
        len = strlen("content.template");

        return strncmp(path, "content.template", len) == 0
               ? pl_arena_printf(call->ar, "%s%s", lead, path + len)
               : lead;
    }

    for (i = 0; i < PL_COUNT(sending_fields); i++) {
        len = strlen(sending_fields[i].of);

        if (strncmp(path, sending_fields[i].of, len) == 0
            && (path[len] == '\0' || path[len] == '.' || path[len] == '['))
        {
            return strcmp(sending_fields[i].is, "to") == 0
                   ? "to" : pl_arena_printf(call->ar, "%s%s",
                                            sending_fields[i].is,
                                            path + len);
        }
    }

    return path;
}


pl_status_t
pl_sending_dry(pl_api_call_t *call, const Pl__SendRequest *request,
    pl_dry_request_t *out, pl_err_t *err)
{
    pl_apply_t   ap;
    pl_status_t  rc;

    pl_rows_reader(call, &ap);

    ap.match = pl_match_state_create();
    if (ap.match == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_dry_ask(&ap, request, out, err);
    pl_match_state_destroy(ap.match);

    return rc;
}


const char *
pl_sending_form(pl_dry_form_e form)
{
    switch (form) {
    case PL_DRY_FREE:
        return "free";
    case PL_DRY_TEMPLATE:
        return "template";
    case PL_DRY_CHANNEL:
        return "channel";
    case PL_DRY_LATER:
        return "later";
    default:
        return "none";
    }
}
