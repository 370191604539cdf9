/*
 * parley_sandbox: takes what a channel sends, as the Cloud API does, and
 * shows it. See the header.
 *
 *     POST …/v24.0/106540352242922/messages   200, or an error as Graph's
 *     GET …/message_templates                 the sandbox's two templates
 *     GET                                     the last sends, newest first
 */

#include "../core/str.h"
#include "ngx_http_parley_sandbox.h"

#define NGX_HTTP_PARLEY_SANDBOX_ZONE_MIN  (8 * ngx_pagesize)


/* An answer that is an error: HTTP status, Graph's code and message. */
typedef struct {
    ngx_uint_t    status;
    int32_t       code;
    const char   *message;
} ngx_http_parley_graph_t;


static char *ngx_http_parley_sandbox_parameter(ngx_conf_t *cf,
    ngx_http_parley_sandbox_t *sb, ngx_str_t *value);
static ngx_int_t ngx_http_parley_sandbox_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_sandbox_list(ngx_http_request_t *r,
    ngx_http_parley_sandbox_t *sb);
static ngx_int_t ngx_http_parley_sandbox_templates(ngx_http_request_t *r);
static ngx_uint_t ngx_http_parley_sandbox_ends(const ngx_str_t *uri,
    const char *end);
static void ngx_http_parley_sandbox_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_sandbox_send(ngx_http_request_t *r,
    ngx_http_parley_worker_t *w, ngx_http_parley_sandbox_t *sb);
static ngx_int_t ngx_http_parley_sandbox_path(ngx_http_request_t *r,
    ngx_http_parley_sent_t *sent);
static ngx_int_t ngx_http_parley_sandbox_bearer(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_sandbox_bytes(ngx_http_request_t *r,
    pl_str_t *body);
static ngx_uint_t ngx_http_parley_sandbox_receipt(ngx_http_parley_worker_t *w,
    pl_str_t body);
static const char *ngx_http_parley_sandbox_wrong(
    const Pl__Wa__OutMessage *message);
static ngx_int_t ngx_http_parley_sandbox_taken(ngx_http_request_t *r,
    ngx_http_parley_worker_t *w, const ngx_http_parley_sent_t *sent);
static ngx_int_t ngx_http_parley_sandbox_error(ngx_http_request_t *r,
    ngx_http_parley_worker_t *w, const ngx_http_parley_graph_t *graph,
    const char *details);
static ngx_int_t ngx_http_parley_sandbox_answer(ngx_http_request_t *r,
    ngx_http_parley_worker_t *w, ngx_uint_t status,
    const Pl__Sandbox__Answer *answer);


/* Its account has two templates to try: without a variable, and with one. */
static const char  ngx_http_parley_sandbox_two[] =
    "{\"data\":["
    "{\"name\":\"hello_world\",\"language\":\"en_US\",\"id\":\"1\","
    "\"status\":\"APPROVED\",\"category\":\"UTILITY\","
    "\"parameter_format\":\"POSITIONAL\",\"components\":["
    "{\"type\":\"HEADER\",\"format\":\"TEXT\",\"text\":\"Hello World\"},"
    "{\"type\":\"BODY\",\"text\":\"This is a template.\"}]},"
    "{\"name\":\"order_ready\",\"language\":\"en_US\",\"id\":\"2\","
    "\"status\":\"APPROVED\",\"category\":\"UTILITY\","
    "\"parameter_format\":\"POSITIONAL\",\"components\":["
    "{\"type\":\"BODY\",\"text\":\"Hi {{1}}, your order is ready.\"}]}],"
    "\"paging\":{\"cursors\":{\"before\":\"MA\",\"after\":\"MQ\"}}}";


static const ngx_http_parley_graph_t  ngx_http_parley_graph_path = {
    404, 2500, "Unknown path components"
};

static const ngx_http_parley_graph_t  ngx_http_parley_graph_token = {
    401, 190, "Invalid OAuth access token"
};

static const ngx_http_parley_graph_t  ngx_http_parley_graph_parameter = {
    400, 100, "(#100) Invalid parameter"
};

static const ngx_http_parley_graph_t  ngx_http_parley_graph_internal = {
    500, 2, "An unexpected error has occurred"
};

static const ngx_str_t  ngx_http_parley_sandbox_json =
    ngx_string("application/json");


char *
ngx_http_parley_sandbox(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_loc_conf_t *plcf = conf;

    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_parley_sandbox_t     *sb, **sandbox;
    ngx_http_parley_main_conf_t   *pmcf;

    if (plcf->sandbox) {
        return "is duplicate";
    }

    sb = ngx_pcalloc(cf->pool, sizeof(ngx_http_parley_sandbox_t));
    if (sb == NULL) {
        return NGX_CONF_ERROR;
    }

    plcf->sandbox = sb;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_parley_sandbox_parameter(cf, sb, &value[i])
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (sb->zone == NULL) {
        return "must have \"zone\" parameter";
    }

    if (sb->webhook.len && sb->secret.len == 0) {
        return "must have \"secret_file\" where it has \"webhook\"";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "stands beside another handler of this location";
    }

    clcf->handler = ngx_http_parley_sandbox_handler;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_parley_module);

    sandbox = ngx_array_push(&pmcf->sandboxes);
    if (sandbox == NULL) {
        return NGX_CONF_ERROR;
    }

    *sandbox = sb;

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_sandbox_parameter(ngx_conf_t *cf,
    ngx_http_parley_sandbox_t *sb, ngx_str_t *value)
{
    u_char     *p;
    ssize_t     size;
    ngx_str_t   name, s;

    if (ngx_strncmp(value->data, "zone=", 5) == 0 && sb->zone == NULL) {
        name.data = value->data + 5;
        p = (u_char *) ngx_strchr(name.data, ':');

        if (p && p != name.data) {
            name.len = (size_t) (p - name.data);

            s.data = p + 1;
            s.len = (size_t) (value->data + value->len - s.data);

            size = ngx_parse_size(&s);

            if (size >= (ssize_t) NGX_HTTP_PARLEY_SANDBOX_ZONE_MIN) {
                return ngx_http_parley_sends_zone(cf, sb, &name,
                                                  (size_t) size);
            }
        }

    } else if (ngx_strncmp(value->data, "secret_file=", 12) == 0
               && sb->secret.data == NULL)
    {
        s.data = value->data + 12;
        s.len = value->len - 12;

        return ngx_http_parley_file_secret(cf, &s, &sb->secret);

    } else if (ngx_strncmp(value->data, "webhook=/", 9) == 0
               && sb->webhook.data == NULL)
    {
        sb->webhook.data = value->data + 8;
        sb->webhook.len = value->len - 8;

        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\"", value);

    return NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_parley_sandbox_worker(ngx_http_parley_sandbox_t *sb)
{
    if (sb->secret.len == 0) {
        return NGX_OK;
    }

    sb->mac = pl_mac_create(ngx_http_parley_str(&sb->secret));

    return sb->mac ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_parley_sandbox_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {
        return ngx_http_parley_sandbox_list(r, plcf->sandbox);
    }

    if (r->method != NGX_HTTP_POST) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (ngx_http_parley_worker(r) == NULL) {
        return ngx_http_parley_reply_unavailable(r);
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_parley_sandbox_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_http_parley_sandbox_list(ngx_http_request_t *r,
    ngx_http_parley_sandbox_t *sb)
{
    ngx_int_t  rc;
    ngx_str_t  json;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_parley_sandbox_ends(&r->uri, "/message_templates")) {
        return ngx_http_parley_sandbox_templates(r);
    }

    if (ngx_http_parley_sends_list(sb, r->pool, &json) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_parley_reply_bytes(r, NGX_HTTP_OK,
                                       &ngx_http_parley_sandbox_json,
                                       json.data, json.len);
}


static ngx_int_t
ngx_http_parley_sandbox_templates(ngx_http_request_t *r)
{
    size_t                     len;
    u_char                    *p;
    ngx_int_t                  rc;
    ngx_http_parley_worker_t  *w;

    if (ngx_http_parley_sandbox_bearer(r) == NGX_OK) {
        len = sizeof(ngx_http_parley_sandbox_two) - 1;

        p = ngx_pnalloc(r->pool, len);
        if (p == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_memcpy(p, ngx_http_parley_sandbox_two, len);

        return ngx_http_parley_reply_bytes(r, NGX_HTTP_OK,
                                           &ngx_http_parley_sandbox_json, p,
                                           len);
    }

    w = ngx_http_parley_worker(r);
    if (w == NULL) {
        return ngx_http_parley_reply_unavailable(r);
    }

    rc = ngx_http_parley_sandbox_error(r, w, &ngx_http_parley_graph_token,
                                       NULL);
    pl_arena_reset(w->scratch);

    return rc;
}


static ngx_uint_t
ngx_http_parley_sandbox_ends(const ngx_str_t *uri, const char *end)
{
    size_t  len;

    len = ngx_strlen(end);

    return uri->len > len
           && ngx_memcmp(uri->data + uri->len - len, end, len) == 0;
}


static void
ngx_http_parley_sandbox_body(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_parley_worker_t    *w;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);
    w = ngx_http_parley_worker(r);

    pl_arena_reset(w->scratch);

    rc = ngx_http_parley_sandbox_send(r, w, plcf->sandbox);

    pl_arena_reset(w->scratch);

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_parley_sandbox_send(ngx_http_request_t *r,
    ngx_http_parley_worker_t *w, ngx_http_parley_sandbox_t *sb)
{
    char                     text[NGX_HTTP_PARLEY_CAUSE_MAX];
    pl_err_t                 err;
    pl_str_t                 body;
    const char              *wrong;
    ProtobufCMessage        *msg;
    Pl__Sandbox__Answer      success = PL__SANDBOX__ANSWER__INIT;
    ngx_http_parley_sent_t   sent;

    if (ngx_http_parley_sandbox_path(r, &sent) != NGX_OK) {
        return ngx_http_parley_sandbox_error(r, w,
                                             &ngx_http_parley_graph_path, NULL);
    }

    if (ngx_http_parley_sandbox_bearer(r) != NGX_OK) {
        return ngx_http_parley_sandbox_error(r, w,
                                            &ngx_http_parley_graph_token, NULL);
    }

    if (ngx_http_parley_sandbox_bytes(r, &body) != NGX_OK) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    if (pl_json_decode(w->conf->codec, &pl__wa__out_message__descriptor, body,
                       0, w->scratch, &msg, &err)
        != PL_OK)
    {
        if (ngx_http_parley_sandbox_receipt(w, body)) {
            success.has_success = 1;
            success.success = 1;
            return ngx_http_parley_sandbox_answer(r, w, NGX_HTTP_OK, &success);
        }

        return ngx_http_parley_sandbox_error(r, w,
                                  &ngx_http_parley_graph_parameter,
                                  pl_err_print(&err, text, sizeof(text)));
    }

    sent.message = (const Pl__Wa__OutMessage *) msg;
    sent.time_ms = pl_clock_wall_ms(w->clock);

    wrong = ngx_http_parley_sandbox_wrong(sent.message);

    if (wrong) {
        return ngx_http_parley_sandbox_error(r, w,
                                     &ngx_http_parley_graph_parameter, wrong);
    }

    sent.to = sent.message->to ? sent.message->to : sent.message->recipient;

    /* what comes back is digits, whatever was dialled */

    sent.wa_id = sent.to + (*sent.to == '+');

    if (ngx_http_parley_sends_add(sb, w->scratch, &sent, r->connection->log)
        != NGX_OK)
    {
        return ngx_http_parley_sandbox_error(r, w,
                                         &ngx_http_parley_graph_internal, NULL);
    }

    /* queued before the answer is sent, run after it */

    if (ngx_http_parley_status(r, sb, &sent) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "parley: sandbox cannot post statuses");
    }

    return ngx_http_parley_sandbox_taken(r, w, &sent);
}


/* …/VERSION/PHONE_NUMBER_ID/messages */

static ngx_int_t
ngx_http_parley_sandbox_path(ngx_http_request_t *r,
    ngx_http_parley_sent_t *sent)
{
    size_t   len;
    u_char  *p, *id, *last;

    len = sizeof("/messages") - 1;

    if (r->uri.len <= len) {
        return NGX_DECLINED;
    }

    last = r->uri.data + r->uri.len - len;

    if (ngx_strncmp(last, "/messages", len) != 0) {
        return NGX_DECLINED;
    }

    for (id = last; id > r->uri.data && id[-1] >= '0' && id[-1] <= '9'; id--) {
        /* void */
    }

    len = (size_t) (last - id);

    if (len == 0 || len >= sizeof(sent->phone_number_id)
        || id - r->uri.data < 3 || id[-1] != '/')
    {
        return NGX_DECLINED;
    }

    for (p = id - 2; p > r->uri.data && *p != '/'; p--) { /* void */ }

    if (p[0] != '/' || p[1] != 'v') {
        return NGX_DECLINED;
    }

    (void) ngx_cpystrn((u_char *) sent->phone_number_id, id, len + 1);

    return NGX_OK;
}


/* Any token will do, but there has to be one. */

static ngx_int_t
ngx_http_parley_sandbox_bearer(ngx_http_request_t *r)
{
    ngx_str_t  *value;

    if (r->headers_in.authorization == NULL) {
        return NGX_DECLINED;
    }

    value = &r->headers_in.authorization->value;

    if (value->len <= sizeof("Bearer ") - 1
        || ngx_strncasecmp(value->data, (u_char *) "Bearer ",
                           sizeof("Bearer ") - 1)
           != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* The location's client_body_buffer_size covers its largest body. */

static ngx_int_t
ngx_http_parley_sandbox_bytes(ngx_http_request_t *r, pl_str_t *body)
{
    u_char       *p;
    size_t        len;
    ngx_chain_t  *cl;

    *body = PL_STR_NULL;
    len = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        if (ngx_buf_size(cl->buf) != 0 && !ngx_buf_in_memory(cl->buf)) {
            return NGX_DECLINED;
        }

        len += (size_t) ngx_buf_size(cl->buf);
    }

    p = ngx_pnalloc(r->pool, len ? len : 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;
    body->len = len;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        if (ngx_buf_size(cl->buf) != 0) {
            p = ngx_cpymem(p, cl->buf->pos, (size_t) ngx_buf_size(cl->buf));
        }
    }

    return NGX_OK;
}


/* Is it no message, but says that one was read? */

static ngx_uint_t
ngx_http_parley_sandbox_receipt(ngx_http_parley_worker_t *w, pl_str_t body)
{
    ProtobufCMessage          *msg;
    const Pl__Wa__OutReceipt  *receipt;

    if (pl_json_decode(w->conf->codec, &pl__wa__out_receipt__descriptor, body,
                       0, w->scratch, &msg, NULL)
        != PL_OK)
    {
        return 0;
    }

    receipt = (const Pl__Wa__OutReceipt *) msg;

    return ngx_strcmp(receipt->status, "read") == 0
           && receipt->message_id[0] != '\0';
}


/* What Graph would say of it, or NULL. */

static const char *
ngx_http_parley_sandbox_wrong(const Pl__Wa__OutMessage *message)
{
    const void                      *part;
    const ProtobufCFieldDescriptor  *field;

    if (ngx_strcmp(message->messaging_product, "whatsapp") != 0) {
        return "messaging_product: must be whatsapp";
    }

    if ((message->to == NULL || message->to[0] == '\0')
        && (message->recipient == NULL || message->recipient[0] == '\0'))
    {
        return "to: required";
    }

    if (ngx_strcmp(message->type, "text") == 0) {
        return (message->text && message->text->body[0])
               ? NULL : "text.body: required";
    }

    /* what is sent stands under its type's name */

    field = protobuf_c_message_descriptor_get_field_by_name(
                message->base.descriptor, message->type);

    if (field == NULL || field->type != PROTOBUF_C_TYPE_MESSAGE
        || ngx_strcmp(message->type, "context") == 0)
    {
        return "type: not known";
    }

    part = *(void *const *) (const void *)
            ((const char *) message + field->offset);

    return part ? NULL : "what the type names: required";
}


static ngx_int_t
ngx_http_parley_sandbox_taken(ngx_http_request_t *r,
    ngx_http_parley_worker_t *w, const ngx_http_parley_sent_t *sent)
{
    Pl__Sandbox__Answer          answer = PL__SANDBOX__ANSWER__INIT;
    Pl__Sandbox__AnswerContact   contact = PL__SANDBOX__ANSWER_CONTACT__INIT;
    Pl__Sandbox__AnswerContact  *contacts;
    Pl__Sandbox__AnswerMessage   message = PL__SANDBOX__ANSWER_MESSAGE__INIT;
    Pl__Sandbox__AnswerMessage  *messages;

    contact.input = (char *) sent->to;

    if (sent->message->to) {
        contact.wa_id = (char *) sent->wa_id;

    } else {
        contact.user_id = (char *) sent->to;
    }

    contacts = &contact;

    message.id = (char *) sent->id;
    messages = &message;

    if (sent->message->template_) {
        message.message_status = (char *) "accepted";
    }

    answer.messaging_product = (char *) "whatsapp";
    answer.contacts = &contacts;
    answer.n_contacts = 1;
    answer.messages = &messages;
    answer.n_messages = 1;

    return ngx_http_parley_sandbox_answer(r, w, NGX_HTTP_OK, &answer);
}


static ngx_int_t
ngx_http_parley_sandbox_error(ngx_http_request_t *r,
    ngx_http_parley_worker_t *w, const ngx_http_parley_graph_t *graph,
    const char *details)
{
    Pl__Sandbox__Error      error = PL__SANDBOX__ERROR__INIT;
    Pl__Sandbox__Answer     answer = PL__SANDBOX__ANSWER__INIT;
    Pl__Sandbox__ErrorData  data = PL__SANDBOX__ERROR_DATA__INIT;

    error.message = (char *) graph->message;
    error.type = (char *) "OAuthException";
    error.code = graph->code;
    error.fbtrace_id = (char *) "sandbox";

    if (details) {
        data.messaging_product = (char *) "whatsapp";
        data.details = (char *) details;
        error.error_data = &data;
    }

    answer.error = &error;

    return ngx_http_parley_sandbox_answer(r, w, graph->status, &answer);
}


static ngx_int_t
ngx_http_parley_sandbox_answer(ngx_http_request_t *r,
    ngx_http_parley_worker_t *w, ngx_uint_t status,
    const Pl__Sandbox__Answer *answer)
{
    u_char                      *p;
    pl_err_t                     err;
    pl_str_t                     json;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    if (pl_json_encode(plcf->sandbox->codec, &answer->base, w->scratch, &json,
                       &err)
        != PL_OK)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "parley: sandbox cannot answer: %s", err.text);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_pnalloc(r->pool, json.len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(p, json.data, json.len);

    return ngx_http_parley_reply_bytes(r, status,
                                       &ngx_http_parley_sandbox_json, p,
                                       json.len);
}
