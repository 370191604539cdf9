/*
 * The HTTP server of the control socket, on libevent's evhttp. Requests are
 * answered from memory in the callback; a body is read and ignored.
 */

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>

#include "loop_impl.h"

struct pls_http_s {
    struct evhttp   *server;
    pls_http_pt      handler;
    void            *data;
};

static void http_request(struct evhttp_request *req, void *data);
static void http_answer(struct evhttp_request *req,
    const pls_reply_t *reply, bool head);


pls_http_t *
pls_loop_http(pls_loop_t *loop, int listen_fd, pls_http_pt handler,
    void *data)
{
    pls_http_t  *http;

    http = calloc(1, sizeof(*http));
    if (http == NULL) {
        return NULL;
    }

    http->handler = handler;
    http->data = data;

    http->server = evhttp_new(loop->base);
    if (http->server == NULL) {
        free(http);
        return NULL;
    }

    /* all: the handler refuses, with 405 where evhttp would say 501 */
    evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD
                               | EVHTTP_REQ_POST | EVHTTP_REQ_PUT
                               | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS
                               | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT
                               | EVHTTP_REQ_PATCH);
    evhttp_set_max_headers_size(http->server, PLS_HTTP_HEADER_MAX);
    evhttp_set_max_body_size(http->server, PLS_HTTP_BODY_MAX);
    evhttp_set_timeout(http->server, PLS_HTTP_TIMEOUT_S);
    evhttp_set_default_content_type(http->server, NULL);
    evhttp_set_gencb(http->server, http_request, http);

    if (evhttp_accept_socket(http->server, listen_fd) != 0) {
        pls_loop_http_end(http);
        return NULL;
    }

    return http;
}


void
pls_loop_http_end(pls_http_t *http)
{
    if (http != NULL) {
        evhttp_free(http->server);
        free(http);
    }
}


static void
http_request(struct evhttp_request *req, void *data)
{
    pls_http_t               *http;
    pls_reply_t               reply = { 404, NULL, NULL, 0, NULL };
    const char               *path;
    pls_method_e              method;
    const struct evhttp_uri  *uri;

    http = data;

    switch (evhttp_request_get_command(req)) {
    case EVHTTP_REQ_GET:
        method = PLS_METHOD_GET;
        break;
    case EVHTTP_REQ_HEAD:
        method = PLS_METHOD_HEAD;
        break;
    case EVHTTP_REQ_POST:
        method = PLS_METHOD_POST;
        break;
    default:
        method = PLS_METHOD_OTHER;
        break;
    }

    uri = evhttp_request_get_evhttp_uri(req);
    path = uri == NULL ? NULL : evhttp_uri_get_path(uri);

    if (path != NULL) {
        http->handler(http->data, method, path, &reply);
    }

    http_answer(req, &reply, method == PLS_METHOD_HEAD);
}


static void
http_answer(struct evhttp_request *req, const pls_reply_t *reply, bool head)
{
    struct evbuffer   *body;
    struct evkeyvalq  *headers;

    headers = evhttp_request_get_output_headers(req);
    body = NULL;

    /*
     * A header or body that finds no memory is left out: the status, which
     * is what a doorbell and a probe look at, still arrives.
     */

    if (reply->allow != NULL) {
        (void) evhttp_add_header(headers, "Allow", reply->allow);
    }

    if (reply->type != NULL) {
        (void) evhttp_add_header(headers, "Content-Type", reply->type);
        body = evbuffer_new();
        if (body != NULL && !head) {
            (void) evbuffer_add(body, reply->body, reply->len);
        }
    }

    evhttp_send_reply(req, reply->status, NULL, body);

    if (body != NULL) {
        evbuffer_free(body);
    }
}
