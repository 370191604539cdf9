/*
 * Subaccounts (provider-facts 6.2): one is looked for by its FriendlyName, or
 * made, with the credentials of the account that owns it. Either answer has
 * its auth token, which the sender seals before it is journalled.
 */

#include <string.h>

#include "../core/str.h"
#include "twilio_impl.h"

#define ACCOUNT_PAGE       "20"         /* of one name there is one */
#define ACCOUNT_NAME_MAX   64           /* of a FriendlyName */
#define ACCOUNT_TOKEN_MAX  64


static pl_status_t account_make(const pl_account_ask_t *ask, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err);
static pl_status_t account_found(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
static pl_status_t account_made(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
static pl_status_t account_read(const pl_codec_t *codec,
    const pl_answer_t *answer, const ProtobufCMessageDescriptor *shape,
    pl_arena_t *ar, Pl__SendResult *out, ProtobufCMessage **msg,
    pl_err_t *err);
static pl_status_t account_add(const Pl__Tw__Account *in, pl_arena_t *ar,
    Pl__SendResult *out);
static pl_status_t account_nomem(pl_err_t *err);


const pl_subaccounts_t  pl_twilio_accounts = {
    .ask   = account_make,
    .found = account_found,
    .made  = account_made,
};


static pl_status_t
account_make(const pl_account_ask_t *ask, pl_arena_t *ar, pl_request_t *out,
    pl_err_t *err)
{
    char               *url;
    pl_str_t            base;
    pl_status_t         rc;
    pl_twilio_form_t    form = { ar, "" };

    if (ask->name[0] == '\0' || strlen(ask->name) > ACCOUNT_NAME_MAX) {
        return pl_twilio_fault(err, "1 to 64 bytes", "name");
    }

    rc = pl_twilio_base(ask->channel, &base, err);

    if (rc == PL_OK) {
        rc = pl_twilio_headers(ask->channel, ask->token, ask->create, ar,
                               out, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl_twilio_add(&form, "FriendlyName", ask->name);

    if (!ask->create) {
        pl_twilio_add(&form, "PageSize", ACCOUNT_PAGE);
    }

    url = form.text == NULL ? NULL
          : pl_arena_printf(ar, "%.*s/%s/Accounts.json%s%s", (int) base.len,
                            (const char *) base.data,
                            ask->channel->api_version,
                            ask->create ? "" : "?",
                            ask->create ? "" : form.text + 1);
    if (url == NULL) {
        return account_nomem(err);
    }

    out->method = ask->create ? "POST" : "GET";
    out->url = url;
    out->body = ask->create ? pl_str_c(form.text + 1) : PL_STR_NULL;

    return PL_OK;
}


static pl_status_t
account_found(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    size_t                        i;
    pl_status_t                   rc;
    ProtobufCMessage             *msg;
    const Pl__Tw__AccountPage    *page;

    rc = account_read(codec, answer, &pl__tw__account_list__descriptor, ar,
                      out, &msg, err);

    if (rc == PL_OK && msg != NULL) {
        rc = account_read(codec, answer, &pl__tw__account_page__descriptor,
                          ar, out, &msg, err);
    }

    if (rc != PL_OK || msg == NULL) {
        return rc;
    }

    page = (const Pl__Tw__AccountPage *) msg;

    out->accounts = pl_arena_alloc(ar, (page->n_accounts + 1)
                                       * sizeof(*out->accounts));
    if (out->accounts == NULL) {
        return account_nomem(err);
    }

    for (i = 0; i < page->n_accounts; i++) {
        if (account_add(page->accounts[i], ar, out) != PL_OK) {
            return account_nomem(err);
        }
    }

    return PL_OK;
}


static pl_status_t
account_made(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = account_read(codec, answer, &pl__tw__account__descriptor, ar, out,
                      &msg, err);
    if (rc != PL_OK || msg == NULL) {
        return rc;
    }

    out->accounts = pl_arena_alloc(ar, sizeof(*out->accounts));

    if (out->accounts == NULL
        || account_add((const Pl__Tw__Account *) msg, ar, out) != PL_OK)
    {
        return account_nomem(err);
    }

    if (out->n_accounts == 0) {         /* to be looked for */
        out->outcome = PL__OUTCOME__OUTCOME_RETRY;
        out->reason = pl_twilio_const("answer without an account");
    }

    return PL_OK;
}


/*
 * *msg NULL: it is no answer, and out says what becomes of it. What may have
 * been made is asked for again, which looks for it first.
 */

static pl_status_t
account_read(const pl_codec_t *codec, const pl_answer_t *answer,
    const ProtobufCMessageDescriptor *shape, pl_arena_t *ar,
    Pl__SendResult *out, ProtobufCMessage **msg, pl_err_t *err)
{
    pl_status_t  rc;

    *msg = NULL;

    if (answer->status < 200 || answer->status >= 300) {
        rc = pl_twilio_classify(codec, answer, ar, out, err);

        if (out->outcome == PL__OUTCOME__OUTCOME_UNKNOWN) {
            out->outcome = PL__OUTCOME__OUTCOME_RETRY;
        }

        return rc;
    }

    out->has_http_status = true;
    out->http_status = answer->status;
    out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    out->reason = pl_twilio_const("answer unreadable");

    rc = answer->truncated ? PL_INVALID
         : pl_json_decode(codec, shape, answer->body, 0, ar, msg, NULL);

    if (rc != PL_OK) {
        *msg = NULL;
        return PL_OK;
    }

    out->outcome = PL__OUTCOME__OUTCOME_SENT;
    out->reason = NULL;

    return PL_OK;
}


/* One that is closed is no account any more: that is for good. */

static pl_status_t
account_add(const Pl__Tw__Account *in, pl_arena_t *ar, Pl__SendResult *out)
{
    pl_str_t          token = pl_str_c(in->auth_token);
    Pl__MadeAccount  *made;

    if (in->sid == NULL || !pl_twilio_sid(in->sid, "AC")
        || in->friendly_name == NULL || token.len == 0
        || token.len > ACCOUNT_TOKEN_MAX || !pl_twilio_printable(token)
        || (in->status != NULL && strcmp(in->status, "closed") == 0))
    {
        return PL_OK;
    }

    made = pl_arena_alloc(ar, sizeof(*made));
    if (made == NULL) {
        return PL_NOMEM;
    }

    pl__made_account__init(made);
    made->sid = in->sid;
    made->name = in->friendly_name;
    made->token.data = (uint8_t *) (uintptr_t) token.data;
    made->token.len = token.len;

    out->accounts[out->n_accounts++] = made;

    return PL_OK;
}


static pl_status_t
account_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "account", 0, "no memory");
}
