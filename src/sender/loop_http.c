/*
 * The HTTP server of the control socket, on libevent's evhttp. Requests are
 * answered from memory in the callback; a body is read and ignored.
 */

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdlib.h>

#include "loop_impl.h"

#define HTTP_AGAIN_US  100000   /* between two tries where no descriptor is
                                   left */

struct pls_http_s {
    struct evhttp   *server;
    pls_http_pt      handler;
    void            *data;
};

static void http_request(struct evhttp_request *req, void *data);
static void http_refused(struct evconnlistener *listener, void *data);
static void http_again(evutil_socket_t fd, short what, void *data);
static void http_answer(struct evhttp_request *req,
    const pls_reply_t *reply, bool head);


pls_http_t *
pls_loop_http(pls_loop_t *loop, int listen_fd, pls_http_pt handler,
    void *data)
{
    pls_http_t                  *http;
    struct evhttp_bound_socket  *bound;

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

    bound = evhttp_accept_socket_with_handle(http->server, listen_fd);
    if (bound == NULL) {
        pls_loop_http_end(http);
        return NULL;
    }

    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound),
                                http_refused);

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


/*
 * Who waits to be accepted where no descriptor is left makes the socket ready
 * all the time: it is left alone for a moment. libevent would try at once,
 * and write a line about it, a hundred thousand times a second.
 */

static void
http_refused(struct evconnlistener *listener, void *data)
{
    static const struct timeval  after = { 0, HTTP_AGAIN_US };

    (void) data;

    /* an event of libevent's own: it ends with the loop at the latest */

    if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT,
                        http_again, listener, &after) == 0)
    {
        (void) evconnlistener_disable(listener);    /* it was enabled */
    }
}


static void
http_again(evutil_socket_t fd, short what, void *data)
{
    (void) fd;
    (void) what;

    (void) evconnlistener_enable(data);     /* without memory: no more */
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
