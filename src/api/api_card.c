/*
 * A contact's profile on one card: what flows have asked and learned, in the
 * order in which it was answered, and how the conversation stands.
 */

#include <string.h>

#include "../core/str.h"
#include "../engine/reach.h"
#include "contact_impl.h"

static void card_contact(const Pl__Contact *contact,
    Pl__Api__ContactCard *card);
static pl_status_t card_reach(pl_api_call_t *call,
    const Pl__Contact *contact, Pl__Api__ContactCard *card, pl_err_t *err);
static void card_conversation(pl_api_call_t *call, uint64_t contact,
    const Pl__Conversation *conv, Pl__Api__ContactCard *card);
static pl_status_t card_answers(pl_api_call_t *call,
    const Pl__Conversation *conv, Pl__Api__ContactCard *card, pl_err_t *err);


pl_status_t
pl_contact_conversation(pl_api_call_t *call, Pl__Contact **contact,
    Pl__Conversation **conv, pl_err_t *err)
{
    pl_apply_t   ap;
    pl_party_t   party;
    pl_status_t  rc;

    rc = pl_rows_contact(call, 0, contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_rows_reader(call, &ap);

    rc = pl_contact_root(&ap, call->tenant, (*contact)->id, contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    party.tenant = call->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = (*contact)->id;

    return pl_conversation_get(&ap, &party, conv, err);
}


pl_status_t
pl_card_ask(pl_api_call_t *call, pl_err_t *err)
{
    Pl__Contact           *contact;
    pl_status_t            rc;
    Pl__Conversation      *conv;
    Pl__Api__ContactCard   card = PL__API__CONTACT_CARD__INIT;

    rc = pl_contact_conversation(call, &contact, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    card.contact = pl_api_id(call, "cnt_", contact->id);
    card_contact(contact, &card);
    card_conversation(call, contact->id, conv, &card);

    rc = card_reach(call, contact, &card, err);

    if (rc == PL_OK) {
        rc = card_answers(call, conv, &card, err);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &card.base, err) : rc;
}


static void
card_contact(const Pl__Contact *contact, Pl__Api__ContactCard *card)
{
    const Pl__Address  *address;

    static const char *const  words[] = {
        [PL_CONSENT_UNKNOWN] = "unknown",
        [PL_CONSENT_GRANTED] = "granted",
        [PL_CONSENT_PAUSED] = "paused",
        [PL_CONSENT_REVOKED] = "revoked",
    };

    address = pl_contact_address(contact, NULL);

    card->name = contact->name;
    card->language = contact->language;
    card->time_zone = contact->time_zone;
    card->marketing = (char *)
        words[pl_contact_consent_state(contact, PL_CONSENT_MARKETING)];

    if (address != NULL
        && address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_PHONE)
    {
        card->phone = address->value;
    }
}


static pl_status_t
card_reach(pl_api_call_t *call, const Pl__Contact *contact,
    Pl__Api__ContactCard *card, pl_err_t *err)
{
    bool                      several;
    size_t                    i;
    pl_apply_t                ap;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    for (i = 0; i < contact->n_addresses; i++) {
        if (contact->addresses[i]->kind
            == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL
            && !contact->addresses[i]->has_left_ms)
        {
            card->email = contact->addresses[i]->value;
        }
    }

    if (contact->has_channel) {
        card->channel = (char *) pl_rows_channel_name(call,
                                                      contact->channel);
    }

    pl_rows_reader(call, &ap);

    rc = pl_reach_channel(&ap, call->tenant, contact, NULL, &channel,
                          &several, err);

    if (rc == PL_OK && channel != NULL) {
        card->reply_channel = channel->row->name;
    }

    return rc;
}


static void
card_conversation(pl_api_call_t *call, uint64_t contact,
    const Pl__Conversation *conv, Pl__Api__ContactCard *card)
{
    size_t   i;
    int64_t  until = 0;

    card->has_status = conv->has_status;
    card->status = conv->status;
    card->owner = conv->owner;
    card->n_tags = conv->n_tags;
    card->tags = conv->tags;

    if (conv->run != NULL) {
        card->flow = conv->run->flow;
        card->step = conv->run->step;
    }

    if (conv->has_last_in_ms) {
        card->last_in = pl_api_time(call, conv->last_in_ms);
    }

    if (conv->has_last_out_ms) {
        card->last_out = pl_api_time(call, conv->last_out_ms);
    }

    for (i = 0; i < conv->n_windows; i++) {
        if (conv->windows[i]->contact == contact
            && conv->windows[i]->until_ms > until)
        {
            until = conv->windows[i]->until_ms;
        }
    }

    if (until != 0) {
        card->window_until = pl_api_time(call, until);
    }
}


static pl_status_t
card_answers(pl_api_call_t *call, const Pl__Conversation *conv,
    Pl__Api__ContactCard *card, pl_err_t *err)
{
    char                    *line, *p;
    size_t                   i, len, room = 1;
    Pl__Api__CardVariable   *row;

    for (i = 0; i < conv->n_variables; i++) {
        room += strlen(conv->variables[i]->value) + 2;
    }

    card->answers = (Pl__Api__CardVariable **)
                    pl_rows_list(call, conv->n_variables);
    line = pl_arena_alloc(call->ar, room);

    if (card->answers == NULL || line == NULL) {
        return pl_rows_nomem(err);
    }

    p = line;

    for (i = 0; i < conv->n_variables; i++) {
        row = pl_arena_alloc(call->ar, sizeof(*row));
        if (row == NULL) {
            return pl_rows_nomem(err);
        }

        pl__api__card_variable__init(row);
        row->name = conv->variables[i]->name;
        row->value = conv->variables[i]->value;
        card->answers[card->n_answers++] = row;

        len = strlen(row->value);

        if (len == 0) {
            continue;
        }

        if (p != line) {
            *p++ = ',';
            *p++ = ' ';
        }

        memcpy(p, row->value, len);
        p += len;
    }

    *p = '\0';
    card->line = line;

    return PL_OK;
}
