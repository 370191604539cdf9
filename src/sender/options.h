/*
 * The command line. Pure, but for getopt's own variables; before threads.
 */

#ifndef PLS_OPTIONS_H_INCLUDED
#define PLS_OPTIONS_H_INCLUDED

#include "../core/pl.h"
#include "log.h"

#define PLS_POLL_MS      50             /* how often an unrung bell is missed */
#define PLS_POLL_MS_MAX  60000
#define PLS_PATH_MAX     PL_PATH_MAX
#define PLS_ZONEINFO     "/usr/share/zoneinfo"

/* Exit codes: documented in docs/parley-sender.md. */
#define PLS_EXIT_OK      0
#define PLS_EXIT_FAIL    1              /* could not start, or not go on */
#define PLS_EXIT_USAGE   2

typedef enum {
    PLS_RUN = 0,
    PLS_SHOW_HELP,
    PLS_SHOW_VERSION,
    PLS_USAGE                           /* message says what is wrong */
} pls_choice_e;

typedef struct {
    const char   *store;                /* as given */
    const char   *socket;
    const char   *ca_file;              /* NULL: what the system trusts */
    const char   *send_log;             /* NULL: none */
    const char   *trace;                /* of departures; NULL: none */
    const char   *zoneinfo;             /* the tz database's folder; NULL in
                                           tests alone: none */
    bool          hold;                 /* begin no attempt */
    unsigned      poll_ms;
    pls_level_e   level;
} pls_options_t;

/* Strings point into argv. message holds size bytes, for PLS_USAGE. */
pls_choice_e pls_options_parse(pls_options_t *opt, int argc,
    char *const *argv, char *message, size_t size);

const char *pls_options_help(void);

#endif /* PLS_OPTIONS_H_INCLUDED */
