/*
 * The sender's log: one line to stderr for each thing worth knowing.
 *
 *     2026-01-31T10:00:00.000Z warn cannot append status=full error="…"
 *
 * time, level, a fixed message, then key=value. What a person wrote, numbers,
 * addresses, tokens and answers' bodies never come here: callers pass ids,
 * names from the configuration, statuses and the texts of pl_err_t.
 *
 * A line is one write(2), so that lines of two threads do not mix. More than
 * PLS_LOG_LINES_MAX lines in one second are counted and left out, errors
 * excepted. Any thread.
 */

#ifndef PLS_LOG_H_INCLUDED
#define PLS_LOG_H_INCLUDED

#include <pthread.h>

#include "../core/clock.h"
#include "../core/pl.h"

#define PLS_LOG_LINE_MAX   1024
#define PLS_LOG_LINES_MAX  100          /* a second */
#define PLS_LOG_VALUE_MAX  512

typedef enum {
    PLS_LOG_ERROR = 0,
    PLS_LOG_WARN,
    PLS_LOG_INFO,
    PLS_LOG_DEBUG
} pls_level_e;

typedef struct {
    int                fd;
    pls_level_e        level;
    const pl_clock_t  *clock;
    pthread_mutex_t    mutex;           /* of what follows */
    int64_t            second;
    unsigned           lines;           /* written in this second */
    unsigned           left_out;
} pls_log_t;

/* fd is the caller's. Never fails. */
void pls_log_init(pls_log_t *log, int fd, pls_level_e level,
    const pl_clock_t *clock);

/* "error", "warn", "info", "debug"; false for another word. */
bool pls_log_level(const char *word, pls_level_e *level);

/*
 * message: lower case, no final dot, the same for each occurrence. fmt:
 * the pairs, "" for none; values that may hold blanks or worse go through
 * pls_log_value. Lines are cut at PLS_LOG_LINE_MAX.
 */
void pls_log(pls_log_t *log, pls_level_e level, const char *message,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * text as a value: as it is where it is made of plain characters, else in
 * quotes, with quote, backslash and control characters escaped. Cut to fit
 * buf, never inside an escape; buf is always terminated. Returns buf.
 */
const char *pls_log_value(char *buf, size_t size, const char *text);

/* A failure: "message status=… error=…". */
void pls_log_err(pls_log_t *log, pls_level_e level, const char *message,
    const pl_err_t *err);

#endif /* PLS_LOG_H_INCLUDED */
