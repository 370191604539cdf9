/*
 * The command line: options and words, held against the rows of one table
 * from which usage, help and the man page are made as well. Pure but for
 * the printing; knows no command by name.
 */

#ifndef PLCTL_ARGS_H_INCLUDED
#define PLCTL_ARGS_H_INCLUDED

#include <stdio.h>

#include "../core/pl.h"

#define PLCTL_EXIT_OK       0
#define PLCTL_EXIT_FAILED   1
#define PLCTL_EXIT_USAGE    2

#define PLCTL_WORDS_MAX     256         /* simulate takes many files */
#define PLCTL_PARAMS_MAX    64          /* values of a template */
#define PLCTL_LIMIT         100         /* rows listed unless told otherwise */
#define PLCTL_STORE         "/var/lib/parley"
#define PLCTL_STORE_ENV     "PARLEY_STORE"

/* Options; a command's row says which it takes beside the global ones. */
#define PLCTL_OPT_STORE          (1ull << 0)
#define PLCTL_OPT_JSON           (1ull << 1)
#define PLCTL_OPT_HELP           (1ull << 2)
#define PLCTL_OPT_VERSION        (1ull << 3)
#define PLCTL_OPT_LIMIT          (1ull << 4)
#define PLCTL_OPT_FROM           (1ull << 5)
#define PLCTL_OPT_TO             (1ull << 6)
#define PLCTL_OPT_RAW            (1ull << 7)
#define PLCTL_OPT_COMPARE_ONLY   (1ull << 8)
#define PLCTL_OPT_TEXT           (1ull << 9)
#define PLCTL_OPT_TEMPLATE       (1ull << 10)
#define PLCTL_OPT_LANGUAGE       (1ull << 11)
#define PLCTL_OPT_PARAM          (1ull << 12)
#define PLCTL_OPT_FILE           (1ull << 13)
#define PLCTL_OPT_MEDIA          (1ull << 14)
#define PLCTL_OPT_AT             (1ull << 15)
#define PLCTL_OPT_EXPIRES        (1ull << 16)
#define PLCTL_OPT_COLLAPSE       (1ull << 17)
#define PLCTL_OPT_LANE           (1ull << 18)
#define PLCTL_OPT_COMPACT        (1ull << 19)
#define PLCTL_OPT_WITH_KEY       (1ull << 20)
#define PLCTL_OPT_TRACEPARENT    (1ull << 21)
#define PLCTL_OPT_FOR            (1ull << 22)
#define PLCTL_OPT_CAMPAIGN       (1ull << 23)
#define PLCTL_OPT_KIND           (1ull << 24)
#define PLCTL_OPT_MATCH          (1ull << 25)
#define PLCTL_OPT_TENANT         (1ull << 26)
#define PLCTL_OPT_CHANNEL        (1ull << 27)
#define PLCTL_OPT_CODE           (1ull << 28)
#define PLCTL_OPT_RULE           (1ull << 29)
#define PLCTL_OPT_REASON         (1ull << 30)
#define PLCTL_OPT_SINCE          (1ull << 31)
#define PLCTL_OPT_UNTIL          (1ull << 32)
#define PLCTL_OPT_ALL            (1ull << 33)
#define PLCTL_OPT_YES            (1ull << 34)
#define PLCTL_OPT_DRY_RUN        (1ull << 35)
#define PLCTL_OPT_TEMPLATES      (1ull << 36)
#define PLCTL_OPT_QUIET          (1ull << 37)
#define PLCTL_OPT_FORMAT         (1ull << 38)
#define PLCTL_OPT_SOURCE         (1ull << 39)
#define PLCTL_OPT_TEXT_VERSION   (1ull << 40)
#define PLCTL_OPT_SAID           (1ull << 41)
#define PLCTL_OPT_CATEGORY       (1ull << 42)
#define PLCTL_OPT_AUTHOR         (1ull << 43)
#define PLCTL_OPT_BUSINESS       (1ull << 44)
#define PLCTL_OPT_OTHERWISE      (1ull << 45)
#define PLCTL_OPT_OTHER_LANGUAGE (1ull << 46)
#define PLCTL_OPT_OTHER_PARAM    (1ull << 47)
#define PLCTL_OPT_OWNER          (1ull << 48)
#define PLCTL_OPT_FLOW           (1ull << 49)
#define PLCTL_OPT_STEP           (1ull << 50)
#define PLCTL_OPT_EVENT          (1ull << 51)
#define PLCTL_OPT_SETTINGS       (1ull << 52)
#define PLCTL_OPT_ZONE           (1ull << 53)
#define PLCTL_OPT_NAME           (1ull << 54)
#define PLCTL_OPT_KEEP           (1ull << 55)
#define PLCTL_OPT_COVER          (1ull << 56)
#define PLCTL_OPT_TAP            (1ull << 57)
#define PLCTL_OPT_TOKEN_FILE     (1ull << 58)
#define PLCTL_OPT_REACHABLE      (1ull << 59)

#define PLCTL_OPT_GLOBAL                                                      \
    (PLCTL_OPT_STORE | PLCTL_OPT_JSON | PLCTL_OPT_HELP | PLCTL_OPT_VERSION)

typedef struct {
    uint64_t     given;         /* PLCTL_OPT_… that were there */
    const char  *store;         /* NULL: not given */
    uint64_t     limit;         /* 0: all */
    uint64_t     from;
    uint64_t     to;
    int64_t      from_ms;       /* where a time was given instead */
    int64_t      to_ms;
    const char  *text;
    const char  *template_name;
    const char  *language;
    const char  *file;
    const char  *media;
    const char  *at;
    const char  *expires;
    const char  *collapse;
    const char  *lane;
    const char  *traceparent;
    const char  *duration;      /* --for, as it was given */
    uint64_t     campaign;
    const char  *tenant;
    const char  *channel;
    int32_t      code;
    const char  *rule;
    const char  *reason;
    const char  *since;
    const char  *until;
    const char  *kind;
    const char  *templates;     /* --templates: a file of drafts */
    const char  *quiet;         /* --quiet-hours */
    const char  *format;
    const char  *source;
    const char  *text_version;
    const char  *said;
    const char  *owner;
    const char  *flow;
    const char  *step;
    const char  *event;
    const char  *settings;
    const char  *zone;
    const char  *name;
    const char  *keep;
    const char  *token_file;
    const char  *params[PLCTL_PARAMS_MAX];  /* --param, as often as given */
    unsigned     n_params;
    const char  *category;
    const char  *author;
    const char  *otherwise;         /* --otherwise-template */
    const char  *other_language;
    const char  *other_params[PLCTL_PARAMS_MAX];
    unsigned     n_other_params;
    const char  *words[PLCTL_WORDS_MAX];    /* command and arguments */
    unsigned     n_words;
} plctl_args_t;

/* One option: its name without the dashes, its value's name or NULL. */
typedef struct {
    const char  *name;
    char         letter;        /* or 0 */
    uint64_t     bit;
    const char  *value;
    const char  *help;
} plctl_option_t;

#define PLCTL_OPTIONS  60

extern const plctl_option_t  plctl_options[PLCTL_OPTIONS];

struct plctl_s;

/* Returns a PLCTL_EXIT_… . Words of the command's name are gone. */
typedef int (*plctl_handler_pt)(struct plctl_s *ctl,
    const char *const *words, unsigned n_words);

typedef struct {
    const char        *name;        /* one word or two: "dead retry" */
    const char        *arguments;   /* as usage shows them */
    unsigned           min;         /* arguments */
    unsigned           max;
    uint64_t           options;     /* PLCTL_OPT_… of its own */
    const char        *help;        /* one line, no final dot */
    const char        *more;        /* sentences; NULL: none */
    plctl_handler_pt   handler;
} plctl_command_t;

/*
 * Reads argv[1..]. Options may stand anywhere, as "--limit 5" or
 * "--limit=5"; "--" ends them; a single "-" is a word. PL_INVALID: err says
 * which word is wrong.
 */
pl_status_t plctl_args_parse(plctl_args_t *args, int argc,
    char *const *argv, pl_err_t *err);

/*
 * The row whose name is the longest at the front of the words, and how many
 * words it takes; NULL where there is none.
 */
const plctl_command_t *plctl_args_command(const plctl_command_t *rows,
    size_t n_rows, const plctl_args_t *args, unsigned *used);

/* Are number of arguments and options what the row allows? PL_INVALID. */
pl_status_t plctl_args_check(const plctl_command_t *row,
    const plctl_args_t *args, unsigned used, pl_err_t *err);

/*
 * A record's number, with its type's prefix or without: "eff_9", "9".
 * PL_INVALID for another prefix, or no number above 0.
 */
pl_status_t plctl_args_id(const char *text, const char *prefix,
    uint64_t *id, pl_err_t *err);

/* Usage and one line for each row. */
void plctl_help_all(FILE *out, const plctl_command_t *rows, size_t n_rows);

/*
 * Usage, sentences and options of every row that begins with this word;
 * false where none does.
 */
bool plctl_help_one(FILE *out, const plctl_command_t *rows, size_t n_rows,
    const char *word);

/* Is it the first word of a row's command? */
bool plctl_help_begins(const plctl_command_t *rows, size_t n_rows,
    const char *word);

/* The same as a man page, in roff. */
void plctl_help_man(FILE *out, const plctl_command_t *rows, size_t n_rows);

#endif /* PLCTL_ARGS_H_INCLUDED */
