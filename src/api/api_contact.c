/*
 * Contacts: people, found by an address, made, changed, joined and taken
 * apart again.
 */

#include <string.h>

#include "../channel/mail.h"
#include "../core/record.h"
#include "../core/str.h"
#include "../engine/alias.h"
#include "../engine/inbox.h"
#include "../engine/words_find.h"
#include "contact_impl.h"

static pl_status_t contact_create(pl_api_call_t *call, pl_err_t *err);
static pl_status_t contact_created(pl_api_call_t *call, pl_err_t *err);
static pl_status_t contact_list(pl_api_call_t *call, pl_err_t *err);
static pl_status_t contact_add(pl_api_call_t *call, void *data, pl_str_t key,
    pl_str_t value, bool *kept, pl_err_t *err);
static pl_status_t contact_find(pl_api_call_t *call,
    const Pl__Api__ContactQuery *query, Pl__Api__ContactList *list,
    pl_err_t *err);
static pl_status_t contact_look(pl_api_call_t *call, pl_apply_t *ap,
    Pl__AddressKind kind, const char *value, Pl__Contact **contact,
    pl_err_t *err);
static bool contact_tagged(const Pl__Contact *contact,
    const Pl__Api__ContactQuery *query);
static pl_status_t contact_named(pl_api_call_t *call,
    const Pl__Api__ContactQuery *query, Pl__Api__ContactList *list,
    pl_err_t *err);
static pl_status_t contact_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t contact_update(pl_api_call_t *call, pl_err_t *err);
static pl_status_t contact_set(pl_api_call_t *call, Pl__ContactSet *in,
    pl_err_t *err);
static void contact_addresses(pl_api_call_t *call,
    const Pl__Contact *contact, Pl__Api__ContactView *view);

#define MAX(shape, field, max)                                                \
    { &pl__api__##shape##__descriptor, field, PL_RULE_LEN_MAX, NULL, max }

static const pl_rule_t  contact_rows[] = {
    MAX(contact_body, "name", PL_ADDRESS_MAX),
    MAX(contact_body, "phone", PL_ADDRESS_MAX),
    MAX(contact_body, "user_id", PL_ADDRESS_MAX),
    MAX(contact_body, "email", PL_MAIL_ADDRESS_MAX),
    MAX(contact_patch, "name", PL_ADDRESS_MAX),
    MAX(contact_patch, "phone", PL_ADDRESS_MAX),
    MAX(contact_patch, "user_id", PL_ADDRESS_MAX),
    MAX(contact_patch, "email", PL_MAIL_ADDRESS_MAX),
    MAX(contact_query, "address", PL_ADDRESS_MAX),
    MAX(contact_query, "phone", PL_ADDRESS_MAX),
    MAX(contact_query, "user_id", PL_ADDRESS_MAX),
    MAX(contact_query, "email", PL_ADDRESS_MAX),
    MAX(contact_query, "tag", PL_TAG_MAX),
    MAX(contact_query, "name", PL_FIND_TEXT_MAX),
    MAX(consent_body, "category", PL_NAME_MAX),
    MAX(consent_body, "source", 256),
    MAX(consent_body, "text_version", 256),
    { &pl__api__contact_card__descriptor, "answers", PL_RULE_MAP, "name",
      0 },
    { &pl__api__contact_card__descriptor, "answers", PL_RULE_PAIR, "value",
      0 },
};

static const pl_rules_t  contact_rules = {
    contact_rows, PL_COUNT(contact_rows)
};

static const pl_json_word_t  contact_word_rows[] = {
    { &pl__api__contact_patch__descriptor, NULL,
      "What is absent stays; an empty text takes it away; an address is "
      "added." },
    { &pl__api__contact_body__descriptor, "channel",
      "Where they are written to that have not written yet, and no channel "
      "is named." },
    { &pl__api__contact_query__descriptor, "address",
      "Of whatever kind: a phone as people write it, a user id, an email." },
    { &pl__api__merge_answer__descriptor, "contact",
      "The older of both: it stays." },
};

static const pl_json_words_t  contact_words = {
    contact_word_rows, PL_COUNT(contact_word_rows)
};

static const pl_api_op_t  contact_ops[] = {
    { .name = "createContact", .method = PL_API_POST, .path = "/v1/contacts",
      .may = PL_MAY_CONTACTS_WRITE,
      .body = &pl__api__contact_body__descriptor,
      .answer = &pl__api__contact_view__descriptor, .status = 201,
      .ask = contact_create, .told = contact_created,
      .summary = "Makes a contact, or says what is known of one",
      .text = "A person that already has the address is changed: there is "
              "one contact, however often it is made. Of several addresses "
              "all are theirs; 409 where they are two people's." },
    { .name = "listContacts", .method = PL_API_GET, .path = "/v1/contacts",
      .may = PL_MAY_CONTACTS_READ,
      .query = &pl__api__contact_query__descriptor,
      .answer = &pl__api__contact_list__descriptor, .status = 200,
      .ask = contact_list, .summary = "Finds contacts, or lists them",
      .text = "By an address there is one, or none; without, all in the "
              "order in which they came." },
    { .name = "getContact", .method = PL_API_GET,
      .path = "/v1/contacts/{contact}", .may = PL_MAY_CONTACTS_READ,
      .answer = &pl__api__contact_view__descriptor, .status = 200,
      .flags = PL_API_ETAG, .ask = contact_get,
      .summary = "Shows a contact" },
    { .name = "updateContact", .method = PL_API_PATCH,
      .path = "/v1/contacts/{contact}", .may = PL_MAY_CONTACTS_WRITE,
      .body = &pl__api__contact_patch__descriptor,
      .answer = &pl__api__contact_view__descriptor, .status = 200,
      .ask = contact_update, .told = contact_get,
      .summary = "Changes what is known of a contact",
      .text = "With If-Match it is held against what was seen." },
    { .name = "getContactCard", .method = PL_API_GET,
      .path = "/v1/contacts/{contact}/card", .may = PL_MAY_CONTACTS_READ,
      .answer = &pl__api__contact_card__descriptor, .status = 200,
      .ask = pl_card_ask, .summary = "Shows a contact's profile card",
      .text = "What flows have learned of a person, and how things stand." },
    { .name = "listConsents", .method = PL_API_GET,
      .path = "/v1/contacts/{contact}/consents",
      .may = PL_MAY_CONTACTS_READ,
      .query = &pl__api__page_query__descriptor,
      .answer = &pl__api__consent_list__descriptor, .status = 200,
      .ask = pl_consents_ask,
      .summary = "Shows what a contact allowed, and every change of it",
      .text = "Each with the version of the words that were agreed to." },
    { .name = "setConsent", .method = PL_API_POST,
      .path = "/v1/contacts/{contact}/consents",
      .may = PL_MAY_CONSENT_WRITE,
      .body = &pl__api__consent_body__descriptor,
      .answer = &pl__api__consent_list__descriptor, .status = 200,
      .ask = pl_consent_set_ask, .told = pl_consents_ask,
      .summary = "Writes down what a contact allowed or forbade",
      .text = "A newer word stands: one that was said before it changes "
              "nothing. Revoked marketing takes back what is queued." },
    { .name = "mergeContacts", .method = PL_API_POST,
      .path = "/v1/contacts/merge", .may = PL_MAY_CONTACTS_MERGE,
      .body = &pl__api__merge_body__descriptor,
      .answer = &pl__api__merge_answer__descriptor, .status = 200,
      .ask = pl_merge_ask, .told = pl_merge_told,
      .summary = "Makes two contacts one" },
    { .name = "splitContacts", .method = PL_API_POST,
      .path = "/v1/merges/{merge}/split", .may = PL_MAY_CONTACTS_MERGE,
      .answer = &pl__api__split_answer__descriptor, .status = 200,
      .ask = pl_split_ask, .told = pl_split_told,
      .summary = "Takes a merge apart again",
      .text = "409 where a later merge has to be undone first." },
};

const pl_api_resource_t  pl_api_contacts = {
    .name = "Contacts",
    .text = "People, by whatever address they write from.",
    .ops = contact_ops,
    .n_ops = PL_COUNT(contact_ops),
    .rules = &contact_rules,
    .words = &contact_words,
};


/* ---- making and changing -------------------------------------------- */

static pl_status_t
contact_create(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                   rc;
    Pl__ContactSet               *in;
    const Pl__Api__ContactBody   *body;

    body = (const Pl__Api__ContactBody *) call->body;

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__contact_set__init(in);

    rc = pl_given_first(call, body, in, err);

    if (rc == PL_OK) {
        rc = pl_given_channel(call, body->channel, in);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in->name = body->name;
    in->time_zone = body->time_zone;
    in->language = body->language;

    return contact_set(call, in, err);
}


static pl_status_t
contact_created(pl_api_call_t *call, pl_err_t *err)
{
    pl_apply_t             ap;
    pl_status_t            rc;
    Pl__Contact           *contact;
    Pl__ContactSet         in = PL__CONTACT_SET__INIT;
    Pl__Api__ContactView  *view;

    rc = pl_given_first(call, (const Pl__Api__ContactBody *) call->body,
                        &in, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_rows_reader(call, &ap);

    rc = pl_contact_known(&ap, call->tenant, in.address, &contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    view = pl_contact_view(call, contact);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_api_location(call, err, "/v1/contacts/%s", view->id);

    return rc == PL_OK ? pl_api_answer(call, 0, &view->base, err) : rc;
}


static pl_status_t
contact_update(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                    rc;
    Pl__Contact                   *contact;
    Pl__ContactSet                *in;
    pl_given_t                     given;
    const Pl__Api__ContactPatch   *body;

    body = (const Pl__Api__ContactPatch *) call->body;

    rc = pl_rows_contact(call, 0, &contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (contact->has_joined_to) {
        return pl_api_problem(call, PL_API_CONFLICT, NULL,
                              "it is another contact since (joined_to)");
    }

    rc = pl_api_match(call, PL__SUBJECT_KIND__SUBJECT_KIND_CONTACT,
                      contact->id, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__contact_set__init(in);
    given.phone = body->phone;
    given.user_id = body->user_id;
    given.email = body->email;

    rc = pl_given_addresses(call, &given, in, err);

    if (rc == PL_OK) {
        rc = pl_given_channel(call, body->channel, in);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in->has_contact = 1;
    in->contact = contact->id;
    in->name = body->name;
    in->time_zone = body->time_zone;
    in->language = body->language;
    in->has_reachable = body->has_reachable;
    in->reachable = body->reachable;

    return contact_set(call, in, err);
}


static pl_status_t
contact_set(pl_api_call_t *call, Pl__ContactSet *in, pl_err_t *err)
{
    Pl__Command  command = PL__COMMAND__INIT;

    in->tenant = call->tenant;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = in;

    return pl_api_command(call, &command, err);
}


/* ---- finding -------------------------------------------------------- */

static pl_status_t
contact_list(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                    rc;
    pl_rows_page_t                 page;
    Pl__Api__ContactList           list = PL__API__CONTACT_LIST__INIT;
    const Pl__Api__ContactQuery   *query;

    query = (const Pl__Api__ContactQuery *) call->query;

    memset(&page, 0, sizeof(page));

    rc = pl_api_limit(call, query->has_limit, query->limit, &page.n);
    if (rc != PL_OK) {
        return rc;
    }

    list.contacts = (Pl__Api__ContactView **) pl_rows_list(call, page.n);
    if (list.contacts == NULL) {
        return pl_rows_nomem(err);
    }

    if (query->name != NULL) {
        rc = contact_named(call, query, &list, err);

    } else if (query->address != NULL || query->phone != NULL
        || query->user_id != NULL || query->email != NULL)
    {
        rc = contact_find(call, query, &list, err);

    } else {
        page.table = PL_TABLE_CONTACTS;
        pl_key_u32(&page.prefix, call->tenant);
        page.cursor = query->cursor;
        page.add = contact_add;
        page.data = &list;

        rc = pl_rows_page(call, &page, &list.next, err);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &list.base, err) : rc;
}


/* Those that were joined to others are found by these; the forgotten not. */

static pl_status_t
contact_add(pl_api_call_t *call, void *data, pl_str_t key, pl_str_t value,
    bool *kept, pl_err_t *err)
{
    pl_status_t             rc;
    ProtobufCMessage       *msg;
    Pl__Api__ContactView   *view;
    Pl__Api__ContactList   *list = data;

    (void) key;

    rc = pl_record_read(PL_TABLE_CONTACTS, value, &pl__contact__descriptor,
                        call->ar, &msg, err);
    if (rc != PL_OK || ((Pl__Contact *) msg)->has_joined_to
        || ((Pl__Contact *) msg)->has_erased_ms
        || !contact_tagged((Pl__Contact *) msg,
                           (const Pl__Api__ContactQuery *) call->query))
    {
        return rc;
    }

    view = pl_contact_view(call, (Pl__Contact *) msg);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    list->contacts[list->n_contacts++] = view;
    *kept = true;

    return PL_OK;
}


static bool
contact_tagged(const Pl__Contact *contact,
    const Pl__Api__ContactQuery *query)
{
    size_t  i;

    for (i = 0; query->tag != NULL && i < contact->n_tags; i++) {
        if (strcmp(contact->tags[i], query->tag) == 0) {
            return true;
        }
    }

    return query->tag == NULL;
}


/* By the index of names: as many as one search finds, on one page. */

static pl_status_t
contact_named(pl_api_call_t *call, const Pl__Api__ContactQuery *query,
    Pl__Api__ContactList *list, pl_err_t *err)
{
    size_t                 i;
    pl_apply_t             ap;
    pl_people_t            people;
    pl_status_t            rc;
    Pl__Contact           *contact;
    Pl__Api__ContactView  *view;

    rc = pl_people_find(call->txn, call->ar, call->tenant, query->name,
                        &people, err);
    if (rc == PL_INVALID) {
        return pl_api_problem(call, PL_API_BAD_QUERY, "name",
                              "it has no word, or too many");
    }

    pl_rows_reader(call, &ap);
    list->contacts = (Pl__Api__ContactView **)
                     pl_rows_list(call, PL_FIND_PEOPLE_MAX);

    if (rc == PL_OK && list->contacts == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; rc == PL_OK && i < people.n; i++) {
        rc = pl_contact_get(&ap, call->tenant, people.ids[i], &contact, err);

        if (rc != PL_OK || !contact_tagged(contact, query)) {
            rc = rc == PL_NOTFOUND ? PL_OK : rc;
            continue;
        }

        view = pl_contact_view(call, contact);
        if (view == NULL) {
            return pl_rows_nomem(err);
        }

        list->contacts[list->n_contacts++] = view;
    }

    return rc;
}


static pl_status_t
contact_find(pl_api_call_t *call, const Pl__Api__ContactQuery *query,
    Pl__Api__ContactList *list, pl_err_t *err)
{
    size_t                 i;
    pl_apply_t             ap;
    pl_status_t            rc = PL_NOTFOUND;
    Pl__Contact           *contact;
    Pl__Api__ContactView  *view;

    const struct {
        Pl__AddressKind   kind;
        const char       *value;
    } ways[] = {
        { PL__ADDRESS_KIND__ADDRESS_KIND_PHONE, query->phone },
        { PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID, query->user_id },
        { PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL, query->email },
        { PL__ADDRESS_KIND__ADDRESS_KIND_PHONE, query->address },
        { PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID, query->address },
        { PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL, query->address },
    };

    pl_rows_reader(call, &ap);

    for (i = 0; i < PL_COUNT(ways) && rc == PL_NOTFOUND; i++) {
        if (ways[i].value != NULL) {
            rc = contact_look(call, &ap, ways[i].kind, ways[i].value,
                              &contact, err);
        }
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    view = pl_contact_view(call, contact);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    list->contacts[list->n_contacts++] = view;

    return PL_OK;
}


static pl_status_t
contact_look(pl_api_call_t *call, pl_apply_t *ap, Pl__AddressKind kind,
    const char *value, Pl__Contact **contact, pl_err_t *err)
{
    char          digits[PL_PHONE_MAX + 1];
    Pl__Address   address = PL__ADDRESS__INIT;

    address.kind = kind;
    address.value = (char *) value;

    if (kind == PL__ADDRESS_KIND__ADDRESS_KIND_PHONE) {
        if (!pl_alias_digits(value, digits, sizeof(digits))) {
            return PL_NOTFOUND;
        }

        address.value = digits;
    }

    return pl_contact_known(ap, call->tenant, &address, contact, err);
}


static pl_status_t
contact_get(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t            rc;
    Pl__Contact           *contact;
    Pl__Api__ContactView  *view;

    rc = pl_rows_contact(call, 0, &contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    view = pl_contact_view(call, contact);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_api_etag(call, PL__SUBJECT_KIND__SUBJECT_KIND_CONTACT,
                     contact->id, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &view->base, err) : rc;
}


/* ---- as it is shown ------------------------------------------------- */

Pl__Api__ContactView *
pl_contact_view(pl_api_call_t *call, const Pl__Contact *contact)
{
    size_t                 i;
    Pl__Api__ContactView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__contact_view__init(view);
    view->id = pl_api_id(call, "cnt_", contact->id);
    view->name = contact->name;
    view->username = contact->username;
    view->time_zone = contact->time_zone;
    view->language = contact->language;

    if (contact->has_channel) {
        view->channel = (char *) pl_rows_channel_name(call,
                                                      contact->channel);
    }

    if (contact->has_created_ms) {
        view->created = pl_api_time(call, contact->created_ms);
    }

    if (contact->has_updated_ms) {
        view->updated = pl_api_time(call, contact->updated_ms);
    }

    if (contact->has_joined_to) {
        view->joined_to = pl_api_id(call, "cnt_", contact->joined_to);
    }

    contact_addresses(call, contact, view);

    view->consents = (Pl__Api__ContactConsent **)
                     pl_rows_list(call, contact->n_consents);
    view->joined = (char **) pl_rows_list(call, contact->n_joined);

    for (i = 0; view->consents != NULL && i < contact->n_consents; i++) {
        view->consents[i] = pl_consent_view(call, contact->consents[i]);
        if (view->consents[i] == NULL) {
            return NULL;
        }

        view->n_consents++;
    }

    for (i = 0; view->joined != NULL && i < contact->n_joined; i++) {
        view->joined[view->n_joined++] = pl_api_id(call, "cnt_",
                                                   contact->joined[i]);
    }

    return view;
}


static void
contact_addresses(pl_api_call_t *call, const Pl__Contact *contact,
    Pl__Api__ContactView *view)
{
    size_t                    i;
    Pl__Api__ContactAddress  *row;

    view->addresses = (Pl__Api__ContactAddress **)
                      pl_rows_list(call, contact->n_addresses);

    for (i = 0; view->addresses != NULL && i < contact->n_addresses; i++) {
        row = pl_arena_alloc(call->ar, sizeof(*row));
        if (row == NULL) {
            return;
        }

        pl__api__contact_address__init(row);
        row->kind = contact->addresses[i]->kind;
        row->value = contact->addresses[i]->value;
        row->given = contact->addresses[i]->given;
        row->has_left = row->left = contact->addresses[i]->has_left_ms;

        if (contact->addresses[i]->has_bounced_ms) {
            row->bounced = pl_api_time(call,
                                       contact->addresses[i]->bounced_ms);
        }

        if (contact->addresses[i]->has_seen_ms) {
            row->seen = pl_api_time(call, contact->addresses[i]->seen_ms);
        }

        view->addresses[view->n_addresses++] = row;
    }
}


Pl__Api__ContactConsent *
pl_consent_view(pl_api_call_t *call, const Pl__Consent *consent)
{
    Pl__Api__ContactConsent  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__contact_consent__init(view);
    view->category = consent->category;
    view->state = consent->state;
    view->said = pl_api_time_s(call, consent->time_s);
    view->source = consent->source;
    view->text_version = consent->text_version;
    view->actor = consent->actor;

    if (consent->has_channel) {
        view->channel = (char *) pl_rows_channel_name(call,
                                                      consent->channel);
    }

    if (consent->has_message) {
        view->message = pl_api_id(call, "msg_", consent->message);
    }

    return view;
}
