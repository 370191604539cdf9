/*
 * parley_unsubscribe: the URL in a mail of marketing that takes the click of
 * a reader's mailbox (RFC 8058), and shows a page to whoever opens it.
 *
 *     GET    a page with a form that posts to the same URL; nothing changes,
 *            since what scans links opens them
 *     POST   List-Unsubscribe=One-Click: marketing is revoked, by an entry
 *            that is on disk before the 200 leaves
 *
 * Whom it is about, the query says (channel/unsubscribe.h); what is none of
 * ours is a 404, whatever is wrong with it, and what was signed under this key
 * by a store that is not there any more a 410: its numbers are others' here. A
 * second click is one more entry, and changes nothing.
 *
 * The fold is not waited for: nothing it may find makes the 200 untrue.
 * Promised is that no offer leaves from now on, and policy is asked again as
 * each attempt is applied, behind every entry that was on disk before
 * (design, promise 4): an offer that is queued already is taken back even
 * where the fold is hours behind. Whom a contact was merged into is the one
 * who is revoked; of a channel or a tenant that was removed the settings stay;
 * and a contact who was erased is one to whom nothing leaves. They may have
 * come again since: as another contact, who was asked anew, and whose offers
 * have links of their own; what a mailbox provider posts (RFC 8058, section
 * 3.2) has no way to speak for them. Nor does anybody read an answer in place
 * of 200: it is a machine that posts, and one that may repeat what is not 2xx.
 *
 * The request is held as a webhook's is (ngx_http_parley_webhook.c).
 */

#include "../channel/unsubscribe.h"
#include "../core/str.h"
#include "../engine/consent.h"
#include "ngx_http_parley_worker.h"


#define NGX_HTTP_PARLEY_UNSUBSCRIBE_SOURCE  "email.one_click"
#define NGX_HTTP_PARLEY_GONE                410     /* nginx names it not */


typedef struct {
    const char  *language;
    const char  *ask;
    const char  *button;
    const char  *done;
} ngx_http_parley_click_text_t;


typedef struct {
    ngx_int_t                  rc;
    ngx_uint_t                 done;
    pl_unsubscribe_t           of;
    Pl__ConsentSet             set;
    Pl__Command                command;
    ngx_http_parley_entry_t    entry;
} ngx_http_parley_click_t;


static ngx_int_t ngx_http_parley_click_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_click_whose(ngx_http_request_t *r,
    pl_unsubscribe_t *of);
static ngx_int_t ngx_http_parley_click_none(ngx_http_request_t *r,
    ngx_int_t rc);
static void ngx_http_parley_click_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_click_fits(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_click_queue(ngx_http_request_t *r,
    ngx_http_parley_click_t *click);
static void ngx_http_parley_click_committed(ngx_http_parley_entry_t *ent);
static void ngx_http_parley_click_resume(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_click_page(ngx_http_request_t *r,
    ngx_uint_t done);
static const ngx_http_parley_click_text_t *ngx_http_parley_click_text(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_click_problem(ngx_http_request_t *r,
    ngx_uint_t status, const char *title);


/* The first is for those who ask for none of them. */

static const ngx_http_parley_click_text_t  ngx_http_parley_click_texts[] = {
    { "en", "Do you want no more offers from us?", "Unsubscribe",
      "You are unsubscribed." },
    { "nl", "Wilt u geen aanbiedingen meer van ons ontvangen?", "Afmelden",
      "U bent afgemeld." },
    { "de", "M\xc3\xb6" "chten Sie keine Angebote mehr von uns?", "Abmelden",
      "Sie sind abgemeldet." },
    { "fr", "Ne plus recevoir nos offres\xc2\xa0?",
      "Se d\xc3\xa9sinscrire",
      "C\xe2\x80\x99" "est fait\xc2\xa0: vous ne recevrez plus nos offres." },
    { "es", "\xc2\xbfNo quiere recibir m\xc3\xa1s ofertas?",
      "Cancelar la suscripci\xc3\xb3n",
      "Hecho: no recibir\xc3\xa1 m\xc3\xa1s ofertas." },
};


char *
ngx_http_parley_unsubscribe(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_loc_conf_t *plcf = conf;

    ngx_http_core_loc_conf_t  *clcf;

    if (plcf->unsubscribe) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname || clcf->named || clcf->name.len == 0
#if (NGX_PCRE)
        || clcf->regex
#endif
       )
    {
        return "stands in a location that is a prefix, or a whole path";
    }

    plcf->unsubscribe = 1;
    plcf->file = cf->conf_file->file.name.data;
    plcf->line = cf->conf_file->line;

    clcf->handler = ngx_http_parley_click_handler;

    return NGX_CONF_OK;
}


char *
ngx_http_parley_unsubscribe_merge(ngx_conf_t *cf,
    ngx_http_parley_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf)
{
    u_char                       *p;
    const char                   *lacks;
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_parley_module);

    lacks = (pmcf->store.len == 0) ? "parley_store"
            : (pmcf->key_file.len == 0) ? "parley_key_file"
            : (conf->public_url.len == 0) ? "parley_public_url" : NULL;

    if (lacks) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no \"%s\" is defined for "
                      "the \"parley_unsubscribe\" directive in %s:%ui",
                      lacks, conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    if (pmcf->unsubscribe.len) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "mails can name one URL alone: a second "
                      "\"parley_unsubscribe\" directive in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    pmcf->unsubscribe.len = conf->public_url.len + clcf->name.len;

    p = ngx_pnalloc(cf->pool, pmcf->unsubscribe.len + 1);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    pmcf->unsubscribe.data = p;
    *ngx_sprintf(p, "%V%V", &conf->public_url, &clcf->name) = '\0';

    conf->name = clcf->name;

    /*
     * looked at by the handler: nginx would refuse before it, and log the
     * request's line, which has the token
     */

    clcf->client_max_body_size = 0;
    clcf->client_body_buffer_size = PL_UNSUBSCRIBE_BODY_MAX;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_parley_click_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_str_t                 allow = ngx_string("GET, HEAD, POST");
    pl_unsubscribe_t          of;
    ngx_http_parley_click_t  *click;

    r->main->log_handler = ngx_http_parley_log;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST))) {
        if (ngx_http_parley_reply_header(r, "Allow", &allow) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_parley_click_whose(r, &of);

    if (rc != NGX_OK || r->method != NGX_HTTP_POST) {
        if (ngx_http_discard_request_body(r) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return (rc == NGX_OK) ? ngx_http_parley_click_page(r, 0)
                              : ngx_http_parley_click_none(r, rc);
    }

    if (r->headers_in.content_length_n < 0) {
        return NGX_HTTP_LENGTH_REQUIRED;
    }

    if (r->headers_in.content_length_n > PL_UNSUBSCRIBE_BODY_MAX) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    click = ngx_pcalloc(r->pool, sizeof(ngx_http_parley_click_t));
    if (click == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    click->of = of;
    ngx_http_set_ctx(r, click, ngx_http_parley_module);

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_parley_click_body);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


/*
 * NGX_DECLINED: of nobody, under any of the keys; NGX_ABORT: of a store that
 * is not there any more; NGX_BUSY: none is open, and was none yet, so that
 * nobody can tell. A MAC is made anew: such requests are few.
 */

static ngx_int_t
ngx_http_parley_click_whose(ngx_http_request_t *r, pl_unsubscribe_t *of)
{
    pl_mac_t                     *mac;
    pl_str_t                      key;
    ngx_uint_t                    i;
    pl_status_t                   status;
    ngx_http_parley_worker_t     *w;
    ngx_http_parley_main_conf_t  *pmcf;

    w = ngx_http_parley_worker(r);

    if (w == NULL || !w->open.usable) {
        return NGX_BUSY;
    }

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_parley_module);

    status = PL_DENIED;
    key.len = PL_KEY_LEN;

    for (i = 0; status == PL_DENIED && i < pmcf->keys.n; i++) {
        key.data = pmcf->keys.keys[i];

        mac = pl_mac_create(key);
        if (mac == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        status = pl_unsubscribe_check(mac, w->open.mark,
                                      ngx_http_parley_str(&r->args), of);
        pl_mac_destroy(mac);
    }

    return (status == PL_OK) ? NGX_OK
           : (status == PL_DENIED) ? NGX_DECLINED
           : (status == PL_FOREIGN) ? NGX_ABORT
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* What is answered where whose() is not NGX_OK. */

static ngx_int_t
ngx_http_parley_click_none(ngx_http_request_t *r, ngx_int_t rc)
{
    switch (rc) {

    case NGX_BUSY:
        return ngx_http_parley_reply_unavailable(r);

    case NGX_DECLINED:
        return ngx_http_parley_click_problem(r, NGX_HTTP_NOT_FOUND,
                                             "Not Found");

    case NGX_ABORT:
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "parley: a link to unsubscribe is refused: "
                      "another store than this one made it");

        return ngx_http_parley_click_problem(r, NGX_HTTP_PARLEY_GONE,
                   "This link is of a store that is not there any more");

    default:
        return rc;
    }
}


static void
ngx_http_parley_click_body(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_parley_click_t  *click;

    click = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    if (ngx_http_parley_worker(r) == NULL) {
        rc = ngx_http_parley_reply_unavailable(r);

    } else {
        rc = ngx_http_parley_click_fits(r);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_parley_click_queue(r, click);
    }

    if (rc == NGX_AGAIN) {
        r->write_event_handler = ngx_http_parley_click_resume;
        r->main->blocked++;
        r->aio = 1;
        return;
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_parley_click_problem(r, NGX_HTTP_BAD_REQUEST,
                                           "Bad Request");
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_parley_click_fits(ngx_http_request_t *r)
{
    pl_str_t      body = PL_STR_NULL;
    ngx_chain_t  *cl;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        if (ngx_buf_size(cl->buf) == 0) {
            continue;
        }

        if (body.data || !ngx_buf_in_memory(cl->buf)) {
            return NGX_DECLINED;
        }

        body.data = cl->buf->pos;
        body.len = (size_t) ngx_buf_size(cl->buf);
    }

    return body.data && pl_unsubscribe_body(body) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_parley_click_queue(ngx_http_request_t *r,
    ngx_http_parley_click_t *click)
{
    Pl__ConsentSet              *set;
    ngx_http_parley_worker_t    *w;
    ngx_http_parley_loc_conf_t  *plcf;

    w = ngx_http_parley_worker(r);
    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    /* another store may have come to its place while the body was read */

    if (w->fill.mark > PL_MARK_HOLD || !w->open.usable
        || ngx_strcmp(click->of.mark, w->open.mark) != 0)
    {
        return ngx_http_parley_reply_unavailable(r);
    }

    set = &click->set;

    pl__consent_set__init(set);
    set->tenant = click->of.tenant;
    set->has_contact = 1;
    set->contact = click->of.contact;
    set->has_channel = 1;
    set->channel = click->of.channel;
    set->category = (char *) PL_CONSENT_MARKETING;
    set->state = PL__CONSENT_STATE__CONSENT_STATE_REVOKED;
    set->source = (char *) NGX_HTTP_PARLEY_UNSUBSCRIBE_SOURCE;

    pl__command__init(&click->command);
    click->command.of_case = PL__COMMAND__OF_CONSENT_SET;
    click->command.consent_set = set;

    click->entry.entry.location = ngx_http_parley_str(&plcf->name);
    click->entry.entry.command = &click->command;
    click->entry.command_len = pl__command__get_packed_size(&click->command);
    click->entry.handler = ngx_http_parley_click_committed;
    click->entry.data = r;

    if (ngx_http_parley_commit_add(&w->commit, &click->entry) != NGX_OK) {
        return ngx_http_parley_reply_unavailable(r);
    }

    w->counters->queue = w->commit.n_entries;

    return NGX_AGAIN;
}


static void
ngx_http_parley_click_committed(ngx_http_parley_entry_t *ent)
{
    ngx_http_request_t  *r = ent->data;

    ngx_connection_t         *c;
    ngx_http_parley_click_t  *click;

    c = r->connection;
    click = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    ngx_http_set_log_request(c->log, r);

    click->done = 1;
    click->rc = (ent->status == PL_OK) ? NGX_OK
                                       : NGX_HTTP_SERVICE_UNAVAILABLE;

    r->main->blocked--;
    r->aio = 0;

    r->write_event_handler(r);

    ngx_http_run_posted_requests(c);
}


/* Called once it is committed, and by every write event before that. */

static void
ngx_http_parley_click_resume(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_parley_click_t  *click;

    click = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    if (!click->done) {
        return;
    }

    rc = click->rc;

    if (rc == NGX_OK) {
        if (click->entry.last) {
            ngx_http_parley_ring(ngx_http_parley_worker(r), r);
        }

        rc = ngx_http_parley_click_page(r, 1);

    } else {
        rc = ngx_http_parley_reply_unavailable(r);
    }

    ngx_http_finalize_request(r, rc);
}


/* ---- answers ---------------------------------------------------------- */

/* It has no script, no picture, and nobody may frame it. */

static ngx_int_t
ngx_http_parley_click_page(ngx_http_request_t *r, ngx_uint_t done)
{
    u_char                              *p, *last;
    size_t                               size = 1024;
    ngx_str_t                            type = ngx_string("text/html; "
                                                    "charset=utf-8");
    ngx_str_t                            none = ngx_string("no-store");
    ngx_str_t                            only = ngx_string(
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'");
    const ngx_http_parley_click_text_t  *text;

    text = ngx_http_parley_click_text(r);

    p = ngx_pnalloc(r->pool, size);

    if (p == NULL
        || ngx_http_parley_reply_header(r, "Cache-Control", &none) != NGX_OK
        || ngx_http_parley_reply_header(r, "Content-Security-Policy", &only)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = ngx_snprintf(p, size, "<!DOCTYPE html>\n<html lang=\"%s\">"
                        "<head><meta charset=\"utf-8\">"
                        "<meta name=\"robots\" content=\"noindex\">"
                        "<meta name=\"viewport\" "
                        "content=\"width=device-width\">"
                        "<title>%s</title></head>\n<body>",
                        text->language, text->button);

    last = done
           ? ngx_snprintf(last, (size_t) (p + size - last), "<p>%s</p>",
                          text->done)
           : ngx_snprintf(last, (size_t) (p + size - last),
                          "<form method=\"post\"><p>%s</p>"
                          "<input type=\"hidden\" name=\"List-Unsubscribe\" "
                          "value=\"One-Click\">"
                          "<button type=\"submit\">%s</button></form>",
                          text->ask, text->button);

    last = ngx_snprintf(last, (size_t) (p + size - last),
                        "</body></html>\n");

    return ngx_http_parley_reply_bytes(r, NGX_HTTP_OK, &type, p,
                                       (size_t) (last - p));
}


/* The language that the reader's own browser names first. */

static const ngx_http_parley_click_text_t *
ngx_http_parley_click_text(ngx_http_request_t *r)
{
    pl_str_t    value;
    ngx_str_t   name = ngx_string("accept-language");
    ngx_uint_t  i;

    value = ngx_http_parley_public_header(r, &name,
                                          ngx_hash_key(name.data, name.len));

    for (i = 0; value.len >= 2
                && i < PL_COUNT(ngx_http_parley_click_texts); i++)
    {
        if (ngx_strncasecmp((u_char *) value.data, (u_char *)
                            ngx_http_parley_click_texts[i].language, 2)
            == 0)
        {
            return &ngx_http_parley_click_texts[i];
        }
    }

    return &ngx_http_parley_click_texts[0];
}


static ngx_int_t
ngx_http_parley_click_problem(ngx_http_request_t *r, ngx_uint_t status,
    const char *title)
{
    u_char     *p;
    size_t      size;
    ngx_str_t   type = ngx_string("application/problem+json");

    size = sizeof("{\"title\":\"\",\"status\":}\n") + ngx_strlen(title)
           + NGX_INT_T_LEN;

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_parley_reply_bytes(r, status, &type, p,
               (size_t) (ngx_snprintf(p, size,
                                      "{\"title\":\"%s\",\"status\":%ui}\n",
                                      title, status) - p));
}
