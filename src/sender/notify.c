/*
 * Words to who supervises us (see notify.h).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../core/str.h"
#include "notify.h"

static bool notify_address(pls_notify_t *notify, const char *path);
static int64_t notify_watchdog(const char *usec, const char *pid);


void
pls_notify_open(pls_notify_t *notify)
{
    memset(notify, 0, sizeof(*notify));
    notify->fd = -1;

    if (notify_address(notify, getenv("NOTIFY_SOCKET"))) {
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC
                            | SOCK_NONBLOCK, 0);
    }

    if (notify->fd != -1) {
        notify->watchdog_us = notify_watchdog(getenv("WATCHDOG_USEC"),
                                              getenv("WATCHDOG_PID"));
    }

    /* they fail for a bad name alone */

    (void) unsetenv("NOTIFY_SOCKET");
    (void) unsetenv("WATCHDOG_USEC");
    (void) unsetenv("WATCHDOG_PID");
}


void
pls_notify_close(pls_notify_t *notify)
{
    if (notify->fd != -1) {
        (void) close(notify->fd);       /* a datagram is sent or not */
        notify->fd = -1;
    }
}


void
pls_notify(const pls_notify_t *notify, const char *fmt, ...)
{
    int      n;
    char     words[PLS_NOTIFY_MAX];
    ssize_t  sent;
    va_list  args;

    if (notify->fd == -1) {
        return;
    }

    va_start(args, fmt);
    n = vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);

    if (n <= 0 || (size_t) n >= sizeof(words)) {
        return;
    }

    /* a reader that is gone misses nothing that we could mend */

    sent = sendto(notify->fd, words, (size_t) n, MSG_NOSIGNAL,
                  (const struct sockaddr *) &notify->addr, notify->len);
    (void) sent;
}


/* The name of an abstract socket begins with a NUL and has none behind it. */

static bool
notify_address(pls_notify_t *notify, const char *path)
{
    size_t  len;

    if (path == NULL || (path[0] != '/' && path[0] != '@')) {
        return false;
    }

    len = strlen(path);
    if (len < 2 || len >= sizeof(notify->addr.sun_path)) {
        return false;
    }

    notify->addr.sun_family = AF_UNIX;
    memcpy(notify->addr.sun_path, path, len + 1);

    if (path[0] == '@') {
        notify->addr.sun_path[0] = '\0';
    } else {
        len++;
    }

    notify->len = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + len);

    return true;
}


/* Meant for us? A process between may have passed the environment on. */

static int64_t
notify_watchdog(const char *usec, const char *pid)
{
    int64_t  us, who;

    if (usec == NULL || pl_str_int(pl_str_c(usec), &us) != PL_OK || us <= 0) {
        return 0;
    }

    if (pid != NULL && (pl_str_int(pl_str_c(pid), &who) != PL_OK
                        || who != (int64_t) getpid()))
    {
        return 0;
    }

    return us;
}
