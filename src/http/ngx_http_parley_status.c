/*
 * The sandbox's status webhooks: what WhatsApp would report of a message,
 * signed with the app's secret, and posted by background subrequests to an
 * internal location that is proxied to the webhook's.
 */

#include "../channel/whatsapp.h"
#include "ngx_http_parley_sandbox.h"


static ngx_int_t ngx_http_parley_status_post(ngx_http_request_t *r,
    ngx_http_parley_sandbox_t *sb, const ngx_http_parley_sent_t *sent,
    const char *word);
static ngx_int_t ngx_http_parley_status_encode(ngx_http_request_t *r,
    const ngx_http_parley_sent_t *sent, const char *word, ngx_str_t *body);
static void ngx_http_parley_status_header(ngx_table_elt_t *h,
    const char *name, const char *lowcase, u_char *value);


static const char *const  ngx_http_parley_status_words[] = {
    "sent", "delivered", "read"
};


ngx_int_t
ngx_http_parley_status(ngx_http_request_t *r, ngx_http_parley_sandbox_t *sb,
    const ngx_http_parley_sent_t *sent)
{
    ngx_uint_t  i;

    if (sb->webhook.len == 0 || sb->mac == NULL) {
        return NGX_OK;
    }

    for (i = 0; i < PL_COUNT(ngx_http_parley_status_words); i++) {
        if (ngx_http_parley_status_post(r, sb, sent,
                                        ngx_http_parley_status_words[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_parley_status_post(ngx_http_request_t *r,
    ngx_http_parley_sandbox_t *sb, const ngx_http_parley_sent_t *sent,
    const char *word)
{
    char             *signature;
    pl_str_t          piece;
    ngx_str_t         body;
    ngx_table_elt_t   headers[2];

    if (ngx_http_parley_status_encode(r, sent, word, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    signature = ngx_pnalloc(r->pool, PL_WHATSAPP_SIGNATURE_LEN + 1);
    if (signature == NULL) {
        return NGX_ERROR;
    }

    piece = ngx_http_parley_str(&body);

    if (pl_whatsapp_sign(sb->mac, &piece, 1, signature) != PL_OK) {
        return NGX_ERROR;
    }

    ngx_http_parley_status_header(&headers[0], "Content-Type",
                                  "content-type",
                                  (u_char *) "application/json");
    ngx_http_parley_status_header(&headers[1], "X-Hub-Signature-256",
                                  "x-hub-signature-256",
                                  (u_char *) signature);

    return ngx_http_parley_reply_subrequest(r, &sb->webhook, &body, headers,
                                            2, NULL);
}


static ngx_int_t
ngx_http_parley_status_encode(ngx_http_request_t *r,
    const ngx_http_parley_sent_t *sent, const char *word, ngx_str_t *body)
{
    pl_err_t                   err;
    pl_str_t                   json;
    Pl__Wa__Value              value = PL__WA__VALUE__INIT;
    Pl__Wa__Change             change = PL__WA__CHANGE__INIT, *changes;
    Pl__Wa__Status             status = PL__WA__STATUS__INIT, *statuses;
    Pl__Wa__Webhook            webhook = PL__WA__WEBHOOK__INIT;
    Pl__Wa__Metadata           metadata = PL__WA__METADATA__INIT;
    Pl__Wa__WebhookEntry       entry = PL__WA__WEBHOOK_ENTRY__INIT, *entries;
    ngx_http_parley_worker_t  *w;

    w = ngx_http_parley_worker(r);

    status.id = (char *) sent->id;
    status.status = (char *) word;
    status.timestamp = sent->time_ms / 1000;
    status.recipient_id = sent->message->to ? (char *) sent->wa_id : NULL;
    status.recipient_user_id = sent->message->recipient;
    status.biz_opaque_callback_data = sent->message->biz_opaque_callback_data;
    statuses = &status;

    metadata.phone_number_id = (char *) sent->phone_number_id;

    value.metadata = &metadata;
    value.statuses = &statuses;
    value.n_statuses = 1;

    change.field = (char *) "messages";
    change.value = &value;
    changes = &change;

    entry.changes = &changes;
    entry.n_changes = 1;
    entries = &entry;

    webhook.object = (char *) "whatsapp_business_account";
    webhook.entry = &entries;
    webhook.n_entry = 1;

    if (pl_json_encode(w->conf->codec, &webhook.base, w->scratch, &json, &err)
        != PL_OK)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "parley: sandbox cannot write a status: %s", err.text);
        return NGX_ERROR;
    }

    body->len = json.len;
    body->data = ngx_pnalloc(r->pool, json.len);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(body->data, json.data, json.len);

    return NGX_OK;
}


static void
ngx_http_parley_status_header(ngx_table_elt_t *h, const char *name,
    const char *lowcase, u_char *value)
{
    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->lowcase_key = (u_char *) lowcase;
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);
    h->value.data = value;
    h->value.len = ngx_strlen(value);
}
