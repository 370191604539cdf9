/*
 * The command line (see options.h).
 */

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "options.h"


enum {
    OPTION_STORE = 256,                 /* above every character */
    OPTION_SOCKET,
    OPTION_HOLD,
    OPTION_POLL,
    OPTION_CA_FILE,
    OPTION_LEVEL,
    OPTION_SEND_LOG,
    OPTION_TRACE,
    OPTION_ZONEINFO,
    OPTION_VERSION,
    OPTION_HELP
};

static const struct option  options_rows[] = {
    { "store",     required_argument, NULL, OPTION_STORE },
    { "socket",    required_argument, NULL, OPTION_SOCKET },
    { "hold",      no_argument,       NULL, OPTION_HOLD },
    { "poll",      required_argument, NULL, OPTION_POLL },
    { "ca-file",   required_argument, NULL, OPTION_CA_FILE },
    { "log-level", required_argument, NULL, OPTION_LEVEL },
    { "send-log",  required_argument, NULL, OPTION_SEND_LOG },
    { "trace-departures", required_argument, NULL, OPTION_TRACE },
    { "zoneinfo",  required_argument, NULL, OPTION_ZONEINFO },
    { "version",   no_argument,       NULL, OPTION_VERSION },
    { "help",      no_argument,       NULL, OPTION_HELP },
    { NULL,        0,                 NULL, 0 }
};

static const char  options_help[] =
    "Usage: parley-sender --store DIR --socket PATH [OPTION]...\n"
    "Fold Parley's journal and put what has to be sent on the wire.\n"
    "\n"
    "      --store DIR        the store, as parley_store names it in "
    "nginx.conf\n"
    "      --socket PATH      control socket: /outbox, /healthz, /metrics\n"
    "      --hold             fold and journal, but begin no attempt\n"
    "      --poll MS          look for new work at least so often "
    "(default 50)\n"
    "      --ca-file FILE     certificates to trust instead of the "
    "system's\n"
    "      --log-level LEVEL  error, warn, info or debug (default info)\n"
    "      --send-log FILE    a line for each attempt; SIGUSR1 reopens "
    "it\n"
    "      --trace-departures FILE\n"
    "                         append a line to FILE for each attempt that "
    "leaves\n"
    "      --zoneinfo DIR     the tz database, "
    "instead of " PLS_ZONEINFO "\n"
    "      --version          print the version and exit\n"
    "      --help             print this help and exit\n"
    "\n"
    "SIGTERM and SIGINT finish what is on the wire and end; a second one "
    "ends at once.\n"
    "Exit status: 0 ended by a signal, 1 could not start or go on, "
    "2 usage.\n";

static bool options_set(pls_options_t *opt, int which, const char *value,
    pls_choice_e *choice, char *message, size_t size);
static bool options_path(const char *value, char *message, size_t size);
static bool options_poll(const char *value, unsigned *poll_ms);


pls_choice_e
pls_options_parse(pls_options_t *opt, int argc, char *const *argv,
    char *message, size_t size)
{
    int           which;
    pls_choice_e  choice;

    memset(opt, 0, sizeof(*opt));
    opt->poll_ms = PLS_POLL_MS;
    opt->zoneinfo = PLS_ZONEINFO;
    opt->level = PLS_LOG_INFO;
    choice = PLS_RUN;

    optind = 0;                         /* glibc: start over */
    opterr = 0;

    /* the leading ':' tells a missing argument from an unknown option */
    while ((which = getopt_long(argc, argv, ":", options_rows, NULL)) != -1) {
        if (which == ':') {
            (void) snprintf(message, size, "option '%s' needs an argument",
                            argv[optind - 1]);
            return PLS_USAGE;
        }

        if (which == '?') {
            (void) snprintf(message, size, "unknown option '%s'",
                            argv[optind - 1]);
            return PLS_USAGE;
        }

        if (!options_set(opt, which, optarg, &choice, message, size)) {
            return PLS_USAGE;
        }

        if (choice != PLS_RUN) {
            return choice;
        }
    }

    if (optind < argc) {
        (void) snprintf(message, size, "unexpected argument '%s'",
                        argv[optind]);
        return PLS_USAGE;
    }

    if (opt->store == NULL || opt->socket == NULL) {
        (void) snprintf(message, size, "%s is missing",
                        opt->store == NULL ? "--store DIR" : "--socket PATH");
        return PLS_USAGE;
    }

    return PLS_RUN;
}


const char *
pls_options_help(void)
{
    return options_help;
}


static bool
options_set(pls_options_t *opt, int which, const char *value,
    pls_choice_e *choice, char *message, size_t size)
{
    switch (which) {

    case OPTION_STORE:
        opt->store = value;
        return options_path(value, message, size);

    case OPTION_SOCKET:
        opt->socket = value;
        return options_path(value, message, size);

    case OPTION_CA_FILE:
        opt->ca_file = value;
        return options_path(value, message, size);

    case OPTION_SEND_LOG:
        opt->send_log = value;
        return options_path(value, message, size);

    case OPTION_TRACE:
        opt->trace = value;
        return options_path(value, message, size);

    case OPTION_ZONEINFO:
        opt->zoneinfo = value;
        return options_path(value, message, size);

    case OPTION_HOLD:
        opt->hold = true;
        return true;

    case OPTION_POLL:
        if (!options_poll(value, &opt->poll_ms)) {
            (void) snprintf(message, size, "--poll takes milliseconds from 1 "
                            "to %d, not '%s'", PLS_POLL_MS_MAX, value);
            return false;
        }
        return true;

    case OPTION_LEVEL:
        if (!pls_log_level(value, &opt->level)) {
            (void) snprintf(message, size, "--log-level takes error, warn, "
                            "info or debug, not '%s'", value);
            return false;
        }
        return true;

    case OPTION_VERSION:
        *choice = PLS_SHOW_VERSION;
        return true;

    default:
        *choice = PLS_SHOW_HELP;
        return true;
    }
}


static bool
options_path(const char *value, char *message, size_t size)
{
    if (value[0] != '\0' && strlen(value) < PLS_PATH_MAX) {
        return true;
    }

    (void) snprintf(message, size, "a path is empty or too long");

    return false;
}


static bool
options_poll(const char *value, unsigned *poll_ms)
{
    int64_t  n;

    if (pl_str_int(pl_str_c(value), &n) != PL_OK
        || n < 1 || n > PLS_POLL_MS_MAX)
    {
        return false;
    }

    *poll_ms = (unsigned) n;

    return true;
}
