/*
 * The control socket (see control.h).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

#define CONTROL_BACKLOG  128

struct pls_control_s {
    pls_sender_t        *sn;
    pls_http_t          *http;
    struct sockaddr_un   addr;
    char                 text[PLS_METRICS_TEXT_MAX];
};

typedef void (*control_pt)(pls_control_t *control, pls_reply_t *reply);

typedef struct {
    const char   *path;
    unsigned      methods;
    const char   *allow;
    control_pt    handler;
} control_row_t;

static void control_request(void *data, pls_method_e method,
    const char *path, pls_reply_t *reply);
static void control_outbox(pls_control_t *control, pls_reply_t *reply);
static void control_healthz(pls_control_t *control, pls_reply_t *reply);
static void control_livez(pls_control_t *control, pls_reply_t *reply);
static void control_metrics(pls_control_t *control, pls_reply_t *reply);
static pl_status_t control_listen(pls_control_t *control, int *out,
    pl_err_t *err);
static pl_status_t control_clear(pls_control_t *control, pl_err_t *err);

static const control_row_t  control_rows[] = {
    { "/outbox",  PLS_METHOD_GET | PLS_METHOD_POST, "GET, POST",
      control_outbox },
    { "/healthz", PLS_METHOD_GET | PLS_METHOD_HEAD, "GET, HEAD",
      control_healthz },
    { "/livez",   PLS_METHOD_GET | PLS_METHOD_HEAD, "GET, HEAD",
      control_livez },
    { "/metrics", PLS_METHOD_GET | PLS_METHOD_HEAD, "GET, HEAD",
      control_metrics },
};


pl_status_t
pls_control_open(pls_control_t **out, pls_sender_t *sn, pls_loop_t *loop,
    const char *path, pl_err_t *err)
{
    int             fd;
    pl_status_t     rc;
    pls_control_t  *control;

    control = calloc(1, sizeof(*control));
    if (control == NULL) {
        return pl_err_set(err, PL_NOMEM, "socket", 0, "out of memory");
    }

    fd = -1;
    control->sn = sn;
    control->addr.sun_family = AF_UNIX;

    if (strlen(path) >= sizeof(control->addr.sun_path)) {
        free(control);
        rc = pl_err_set(err, PL_TOOBIG, "socket", 0, "a socket's path holds "
                        "at most %zu bytes",
                        sizeof(control->addr.sun_path) - 1);
        pl_err_path(err, "%s", path);
        return rc;
    }

    memcpy(control->addr.sun_path, path, strlen(path) + 1);

    rc = control_listen(control, &fd, err);
    if (rc != PL_OK) {
        pl_err_path(err, "%s", path);
        free(control);
        return rc;
    }

    control->http = pls_loop_http(loop, fd, control_request, control);
    if (control->http == NULL) {
        (void) close(fd);
        (void) unlink(path);            /* the error is worth more */
        free(control);
        return pl_err_set(err, PL_NOMEM, "socket", 0, "out of memory");
    }

    *out = control;

    return PL_OK;
}


void
pls_control_close(pls_control_t *control)
{
    if (control != NULL) {
        (void) unlink(control->addr.sun_path);  /* gone is as good */
        pls_loop_http_end(control->http);
        free(control);
    }
}


static void
control_request(void *data, pls_method_e method, const char *path,
    pls_reply_t *reply)
{
    size_t          i;
    pls_control_t  *control;

    control = data;

    for (i = 0; i < PL_COUNT(control_rows); i++) {
        if (strcmp(path, control_rows[i].path) != 0) {
            continue;
        }

        if ((control_rows[i].methods & method) == 0) {
            reply->status = 405;
            reply->allow = control_rows[i].allow;
            return;
        }

        control_rows[i].handler(control, reply);
        return;
    }
}


static void
control_outbox(pls_control_t *control, pls_reply_t *reply)
{
    pls_metrics_add(&control->sn->metrics.doorbells, 1);
    pls_queue_ring(&control->sn->to_store);
    reply->status = 204;
}


static void
control_healthz(pls_control_t *control, pls_reply_t *reply)
{
    static const char *const  reasons[] = {
        "starting: folding what the journal holds\n",
        "ok\n",
        "the store cannot be written: see the log\n",
        "stopping\n"
    };

    int  health;

    health = atomic_load(&control->sn->health);

    reply->status = health == PLS_HEALTH_OK ? 200 : 503;
    reply->type = "text/plain";
    reply->body = reasons[health];
    reply->len = strlen(reply->body);
}


/* That this is answered says that the main thread turns. */

static void
control_livez(pls_control_t *control, pls_reply_t *reply)
{
    bool  alive;

    alive = pls_sender_stall_ms(control->sn) < PLS_STALL_MS;

    reply->status = alive ? 200 : 503;
    reply->type = "text/plain";
    reply->body = alive ? "ok\n" : "the store thread hangs: see the log\n";
    reply->len = strlen(reply->body);
}


static void
control_metrics(pls_control_t *control, pls_reply_t *reply)
{
    pls_sender_t  *sn;

    sn = control->sn;

    reply->len = pls_metrics_print(&sn->metrics, pls_sender_now(sn),
                                   control->text, sizeof(control->text));
    reply->len += pls_metrics_store_print(&sn->store_metrics, sn->store,
                                          control->text + reply->len,
                                          sizeof(control->text)
                                          - reply->len);
    reply->status = 200;
    reply->type = "text/plain; version=0.0.4; charset=utf-8";
    reply->body = control->text;
}


/*
 * The mask makes the socket 0660 from its first moment; no other thread runs
 * yet that could make a file meanwhile.
 */

static pl_status_t
control_listen(pls_control_t *control, int *out, pl_err_t *err)
{
    int          fd, bound, sys;
    mode_t       mask;
    pl_status_t  rc;

    rc = control_clear(control, err);
    if (rc != PL_OK) {
        return rc;
    }

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1) {
        return pl_err_set(err, PL_IO, "socket", errno, "cannot be made");
    }

    mask = umask(0117);
    bound = bind(fd, (struct sockaddr *) &control->addr,
                 sizeof(control->addr));
    sys = errno;
    (void) umask(mask);                 /* cannot fail */

    if (bound == -1 || listen(fd, CONTROL_BACKLOG) == -1) {
        sys = bound == -1 ? sys : errno;
        (void) close(fd);
        return pl_err_set(err, PL_IO, "socket", sys, "cannot listen");
    }

    *out = fd;

    return PL_OK;
}


/* Makes room at the path, unless somebody lives there. */

static pl_status_t
control_clear(pls_control_t *control, pl_err_t *err)
{
    int          fd, answered;
    const char  *path;
    struct stat  st;

    path = control->addr.sun_path;

    if (lstat(path, &st) == -1) {
        return errno == ENOENT ? PL_OK
                               : pl_err_set(err, PL_IO, "socket", errno,
                                            "cannot look at it");
    }

    if (!S_ISSOCK(st.st_mode)) {
        return pl_err_set(err, PL_EXISTS, "socket", 0,
                          "is there and is no socket");
    }

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1) {
        return pl_err_set(err, PL_IO, "socket", errno, "cannot be made");
    }

    /* EAGAIN: alive, with a full backlog */
    answered = connect(fd, (struct sockaddr *) &control->addr,
                       sizeof(control->addr)) == 0
               || errno == EAGAIN || errno == EINPROGRESS;
    (void) close(fd);

    if (answered) {
        return pl_err_set(err, PL_BUSY, "socket", 0,
                          "another process answers there");
    }

    if (unlink(path) == -1 && errno != ENOENT) {
        return pl_err_set(err, PL_IO, "socket", errno,
                          "cannot remove what a dead sender left");
    }

    return PL_OK;
}
