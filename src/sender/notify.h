/*
 * sd_notify(3) without libsystemd: words to whoever started us, in a
 * datagram to the socket that $NOTIFY_SOCKET names (a path, or an abstract
 * one that begins with '@'). Without that variable nothing is said.
 */

#ifndef PLS_NOTIFY_H_INCLUDED
#define PLS_NOTIFY_H_INCLUDED

#include <sys/socket.h>
#include <sys/un.h>

#include "../core/pl.h"

#define PLS_NOTIFY_MAX  512             /* bytes of one datagram */

typedef struct {
    int                  fd;            /* -1: nobody listens */
    struct sockaddr_un   addr;
    socklen_t            len;
    int64_t              watchdog_us;   /* it wants to hear of us within; 0:
                                           it does not */
} pls_notify_t;

/*
 * Reads the environment and takes the variables out of it. A value that
 * makes no sense counts as none. Before any thread is started.
 */
void pls_notify_open(pls_notify_t *notify);
void pls_notify_close(pls_notify_t *notify);

/*
 * Sends lines as sd_notify(3) has them. Never blocks: where the reader is so
 * far behind that its queue is full, it is told with the next. Any thread.
 */
void pls_notify(const pls_notify_t *notify, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* PLS_NOTIFY_H_INCLUDED */
