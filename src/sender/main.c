/*
 * parley-sender: folds the journal, and puts on the wire what has to be sent.
 *
 * Four threads. This one runs the event loop: transfers and the control
 * socket. The keeper alone writes to the store; the fetcher fetches files that
 * people sent; the consumers deliver events to subscriptions' endpoints. They
 * meet in queues (sender.h). Mails have threads of the transfers' own
 * (transfer.h). A kill at any moment is safe:
 * keeper.h says why.
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "consumer.h"
#include "control.h"
#include "dispatch.h"
#include "fetch.h"
#include "keeper.h"
#include "loop.h"
#include "sender.h"
#include "supervise.h"

#define MAIN_STOP_MS  60000     /* for what is on the wire */
#define MAIN_END_MS   15000     /* and then for its results */

typedef struct {
    pls_sender_t      sn;
    pls_loop_t       *loop;
    pls_keeper_t     *keeper;
    pls_dispatch_t   *dispatch;
    pls_fetcher_t    *fetcher;
    pls_consumer_t   *consumer;
    pls_control_t    *control;
    pls_supervise_t  *supervise;
    pls_timer_t      *limit;            /* of stopping */
    bool              cancelled;
} main_t;

static int main_print(const char *text);
static int main_usage(const char *message);
static int main_run(main_t *m);
static pl_status_t main_open(main_t *m, pl_err_t *err);
static bool main_signals(main_t *m);
static void main_signal(void *data, int signo);
static void main_reopen(void *data, int signo);
static void main_limit(void *data);


int
main(int argc, char **argv)
{
    char           message[256];
    static main_t  m;                   /* zeroed; lives as long as the store,
                                           which is never closed */

    switch (pls_options_parse(&m.sn.options, argc, argv, message,
                              sizeof(message)))
    {
    case PLS_SHOW_HELP:
        return main_print(pls_options_help());

    case PLS_SHOW_VERSION:
        return main_print("parley-sender " PL_VERSION "\n");

    case PLS_USAGE:
        return main_usage(message);

    default:
        return main_run(&m);
    }
}


static int
main_print(const char *text)
{
    return fputs(text, stdout) == EOF || fflush(stdout) == EOF
           ? PLS_EXIT_FAIL : PLS_EXIT_OK;
}


static int
main_usage(const char *message)
{
    (void) fprintf(stderr, "parley-sender: %s\n"
                   "Try 'parley-sender --help' for more information.\n",
                   message);
    return PLS_EXIT_USAGE;
}


static int
main_run(main_t *m)
{
    pl_err_t       err;
    pl_status_t    rc;
    pls_sender_t  *sn;

    sn = &m->sn;
    sn->clock = pl_clock_system();
    sn->to_wire.fd = -1;
    sn->to_store.fd = -1;
    sn->to_fetch.fd = -1;
    sn->to_consume.fd = -1;
    (void) pthread_mutex_init(&sn->reading, NULL);  /* cannot fail on Linux */
    pls_log_init(&sn->log, STDERR_FILENO, sn->options.level, sn->clock);
    atomic_store(&sn->metrics.started_ms, pl_clock_wall_ms(sn->clock));

    rc = main_open(m, &err);
    if (rc != PL_OK) {
        pls_log_err(&sn->log, PLS_LOG_ERROR, "cannot start", &err);
        atomic_store(&sn->exit_code, PLS_EXIT_FAIL);

    } else {
        if (!pls_loop_run(m->loop)) {
            pls_log(&sn->log, PLS_LOG_ERROR, "the event loop failed", "%s",
                    "");
            atomic_store(&sn->exit_code, PLS_EXIT_FAIL);
        }

        if (!atomic_load(&sn->ended)) {

            /*
             * The store thread may be inside a transaction: neither waited
             * for nor pulled the store from under, it ends with the process.
             */

            pls_log(&sn->log, PLS_LOG_ERROR, "ended without the store thread",
                    "%s", "");
            pls_control_close(m->control);
            _exit(PLS_EXIT_FAIL);
        }

        pls_keeper_join(m->keeper);
        pls_log(&sn->log, PLS_LOG_INFO, "ended", "code=%d",
                atomic_load(&sn->exit_code));
    }

    pls_control_close(m->control);
    pls_supervise_destroy(m->supervise);
    pls_fetcher_destroy(m->fetcher);
    pls_consumer_destroy(m->consumer);
    pls_sendlog_close(sn->sendlog);
    pls_dispatch_destroy(m->dispatch);
    pls_keeper_destroy(m->keeper);
    pls_loop_timer_end(m->limit);
    pls_loop_destroy(m->loop);
    pls_queue_close(&sn->to_wire);
    pls_queue_close(&sn->to_store);
    pls_queue_close(&sn->to_fetch);
    pls_queue_close(&sn->to_consume);

    return atomic_load(&sn->exit_code);
}


/* The order matters: the lock before the socket, all of it before threads. */

static pl_status_t
main_open(main_t *m, pl_err_t *err)
{
    pl_status_t    rc;
    pls_sender_t  *sn;

    sn = &m->sn;

    rc = pls_queue_open(&sn->to_wire, err);
    if (rc == PL_OK) {
        rc = pls_queue_open(&sn->to_store, err);
    }

    if (rc == PL_OK) {
        rc = pls_queue_open(&sn->to_fetch, err);
    }

    if (rc == PL_OK) {
        rc = pls_queue_open(&sn->to_consume, err);
    }

    if (rc == PL_OK) {
        m->loop = pls_loop_create();
        m->supervise = m->loop == NULL ? NULL
                                       : pls_supervise_create(sn, m->loop);
        if (m->supervise == NULL || !main_signals(m)) {
            rc = pl_err_set(err, PL_NOMEM, "loop", 0,
                            "cannot make the event loop");
        }
    }

    if (rc == PL_OK) {
        rc = pls_keeper_open(&m->keeper, sn, err);
    }

    if (rc == PL_OK) {
        rc = pls_dispatch_create(&m->dispatch, sn, m->loop, err);
    }

    if (rc == PL_OK) {
        rc = pls_fetcher_create(&m->fetcher, sn, err);
    }

    if (rc == PL_OK) {
        rc = pls_consumer_create(&m->consumer, sn, err);
    }

    if (rc == PL_OK) {
        rc = pls_control_open(&m->control, sn, m->loop, sn->options.socket,
                              err);
    }

    if (rc == PL_OK && sn->options.send_log != NULL) {
        rc = pls_sendlog_open(&sn->sendlog, sn->options.send_log, &sn->log,
                              &sn->metrics, err);
    }

    if (rc == PL_OK) {
        rc = pls_fetcher_start(m->fetcher, err);
    }

    if (rc == PL_OK) {
        rc = pls_consumer_start(m->consumer, err);
    }

    return rc == PL_OK ? pls_keeper_start(m->keeper, err) : rc;
}


static bool
main_signals(main_t *m)
{
    struct sigaction  ignore;

    memset(&ignore, 0, sizeof(ignore));
    ignore.sa_handler = SIG_IGN;

    m->limit = pls_loop_timer(m->loop, main_limit, m);

    /* a terminal that closes, and a peer that does, end nothing */
    return m->limit != NULL
           && sigaction(SIGHUP, &ignore, NULL) == 0
           && sigaction(SIGPIPE, &ignore, NULL) == 0

           /* as PID 1 of a container: orphans end without a zombie */
           && sigaction(SIGCHLD, &ignore, NULL) == 0
           && pls_loop_signal(m->loop, SIGUSR1, main_reopen, m)
           && pls_loop_signal(m->loop, SIGTERM, main_signal, m)
           && pls_loop_signal(m->loop, SIGINT, main_signal, m);
}


/* As nginx has it: a log was moved away. */

static void
main_reopen(void *data, int signo)
{
    main_t  *m = data;

    (void) signo;

    pls_sendlog_reopen(m->sn.sendlog);
    pls_log(&m->sn.log, PLS_LOG_INFO, "reopening logs", "%s", "");
}


static void
main_signal(void *data, int signo)
{
    main_t        *m;
    pls_sender_t  *sn;

    m = data;
    sn = &m->sn;

    if (atomic_load(&sn->stopping)) {
        pls_log(&sn->log, PLS_LOG_WARN, "ending at once", "signal=%d", signo);
        pls_control_close(m->control);
        _exit(128 + signo);
    }

    atomic_store(&sn->health, (int) PLS_HEALTH_STOPPING);
    atomic_store(&sn->stopping, true);
    pls_supervise_look(m->supervise);
    pls_queue_ring(&sn->to_store);
    pls_queue_ring(&sn->to_wire);
    pls_queue_ring(&sn->to_fetch);
    pls_queue_ring(&sn->to_consume);

    pls_log(&sn->log, PLS_LOG_INFO, "stopping",
            "signal=%d in_flight=%llu", signo,
            (unsigned long long) atomic_load(&sn->metrics.in_flight));

    if (!pls_loop_timer_set(m->limit, MAIN_STOP_MS)) {
        main_limit(m);
    }
}


/* First what is on the wire is ended, then, if that was not it, the loop. */

static void
main_limit(void *data)
{
    main_t  *m;

    m = data;

    if (!m->cancelled) {
        m->cancelled = true;
        pls_dispatch_cancel(m->dispatch);

        if (pls_loop_timer_set(m->limit, MAIN_END_MS)) {
            return;
        }
    }

    pls_loop_stop(m->loop);
}
