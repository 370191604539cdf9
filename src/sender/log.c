/*
 * Lines to stderr (see log.h). The line is put together on the stack and
 * written at once; the mutex is held for the count alone, never over the
 * write.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"


static const char *const  log_levels[] = { "error", "warn", "info", "debug" };

static bool log_admit(pls_log_t *log, pls_level_e level, int64_t now_ms,
    unsigned *left_out);
static size_t log_cut(int n, size_t used, size_t size);
static void log_write(pls_log_t *log, char *line, size_t len);


void
pls_log_init(pls_log_t *log, int fd, pls_level_e level,
    const pl_clock_t *clock)
{
    memset(log, 0, sizeof(*log));
    log->fd = fd;
    log->level = level;
    log->clock = clock;
    (void) pthread_mutex_init(&log->mutex, NULL);   /* cannot fail on Linux */
}


bool
pls_log_level(const char *word, pls_level_e *level)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(log_levels); i++) {
        if (strcmp(word, log_levels[i]) == 0) {
            *level = (pls_level_e) i;
            return true;
        }
    }

    return false;
}


void
pls_log(pls_log_t *log, pls_level_e level, const char *message,
    const char *fmt, ...)
{
    int       n;
    char      line[PLS_LOG_LINE_MAX], when[PL_CLOCK_TEXT_MAX];
    size_t    used;
    int64_t   now_ms;
    va_list   args;
    unsigned  left_out;

    if (level > log->level) {
        return;
    }

    now_ms = pl_clock_wall_ms(log->clock);
    if (!log_admit(log, level, now_ms, &left_out)) {
        return;
    }

    (void) pl_clock_print(now_ms, when);

    if (left_out != 0) {
        n = snprintf(line, sizeof(line), "%s warn log lines left out "
                     "lines=%u", when, left_out);
        log_write(log, line, log_cut(n, 0, sizeof(line)));
    }

    n = snprintf(line, sizeof(line), "%s %s %s%s", when, log_levels[level],
                 message, fmt[0] == '\0' ? "" : " ");
    used = log_cut(n, 0, sizeof(line));

    va_start(args, fmt);
    n = vsnprintf(line + used, sizeof(line) - used, fmt, args);
    va_end(args);

    used = log_cut(n, used, sizeof(line));
    log_write(log, line, used != 0 && line[used - 1] == ' ' ? used - 1 : used);
}


const char *
pls_log_value(char *buf, size_t size, const char *text)
{
    int          n;
    char         piece[8];
    size_t       used;
    const char  *p;

    if (text[0] != '\0' && strlen(text) < size
        && text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+,")]
           == '\0')
    {
        return memcpy(buf, text, strlen(text) + 1);
    }

    if (size < 3) {
        if (size != 0) {
            buf[0] = '\0';
        }
        return buf;
    }

    used = 0;
    buf[used++] = '"';

    for (p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\') {
            n = snprintf(piece, sizeof(piece), "\\%c", *p);

        } else if ((unsigned char) *p < 0x20 || *p == 0x7f) {
            n = snprintf(piece, sizeof(piece), "\\x%02x",
                         (unsigned) (unsigned char) *p);

        } else {
            n = snprintf(piece, sizeof(piece), "%c", *p);
        }

        if (used + (size_t) n + 2 > size) {     /* room for quote and NUL */
            break;
        }

        memcpy(buf + used, piece, (size_t) n);
        used += (size_t) n;
    }

    buf[used++] = '"';
    buf[used] = '\0';

    return buf;
}


void
pls_log_err(pls_log_t *log, pls_level_e level, const char *message,
    const pl_err_t *err)
{
    char  text[PLS_LOG_VALUE_MAX], value[PLS_LOG_VALUE_MAX];

    (void) pl_err_print(err, text, sizeof(text));
    pls_log(log, level, message, "status=\"%s\" error=%s",
            pl_status_name(err->status),
            pls_log_value(value, sizeof(value), text));
}


/* May this line be written now? *left_out: lines to own up to before it. */
static bool
log_admit(pls_log_t *log, pls_level_e level, int64_t now_ms,
    unsigned *left_out)
{
    bool  admit;

    *left_out = 0;
    (void) pthread_mutex_lock(&log->mutex);

    if (log->second != now_ms / 1000) {
        log->second = now_ms / 1000;
        log->lines = 0;
        *left_out = log->left_out;
        log->left_out = 0;
    }

    admit = level == PLS_LOG_ERROR || log->lines < PLS_LOG_LINES_MAX;
    if (admit) {
        log->lines++;
    } else {
        log->left_out++;
    }

    (void) pthread_mutex_unlock(&log->mutex);

    return admit;
}


/* What snprintf said, as bytes in the line, room for the newline kept. */
static size_t
log_cut(int n, size_t used, size_t size)
{
    if (n < 0) {
        return used;
    }

    used += (size_t) n;

    return used < size - 1 ? used : size - 2;
}


static void
log_write(pls_log_t *log, char *line, size_t len)
{
    ssize_t  n;

    line[len] = '\n';

    /* a log that cannot be written has nowhere to be reported */
    n = write(log->fd, line, len + 1);
    (void) n;
}
