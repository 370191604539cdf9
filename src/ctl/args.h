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
#define PLCTL_OPT_STORE         0x001u
#define PLCTL_OPT_JSON          0x002u
#define PLCTL_OPT_HELP          0x004u
#define PLCTL_OPT_VERSION       0x008u
#define PLCTL_OPT_LIMIT         0x010u
#define PLCTL_OPT_FROM          0x020u
#define PLCTL_OPT_TO            0x040u
#define PLCTL_OPT_RAW           0x080u
#define PLCTL_OPT_COMPARE_ONLY  0x100u
#define PLCTL_OPT_TEXT          0x200u
#define PLCTL_OPT_TEMPLATE      0x400u
#define PLCTL_OPT_LANGUAGE      0x800u
#define PLCTL_OPT_PARAM         0x1000u
#define PLCTL_OPT_FILE          0x2000u
#define PLCTL_OPT_MEDIA         0x4000u
#define PLCTL_OPT_AT            0x8000u
#define PLCTL_OPT_EXPIRES       0x10000u
#define PLCTL_OPT_COLLAPSE      0x20000u
#define PLCTL_OPT_LANE          0x80000u
#define PLCTL_OPT_COMPACT       0x100000u
#define PLCTL_OPT_WITH_KEY      0x200000u
#define PLCTL_OPT_TRACEPARENT   0x1000000u
#define PLCTL_OPT_FOR           0x400000u
#define PLCTL_OPT_CAMPAIGN      0x800000u
#define PLCTL_OPT_KIND          0x2000000u
#define PLCTL_OPT_MATCH         0x10000000u
#define PLCTL_OPT_TENANT        0x100000000ull
#define PLCTL_OPT_CHANNEL       0x200000000ull
#define PLCTL_OPT_CODE          0x400000000ull
#define PLCTL_OPT_RULE          0x800000000ull
#define PLCTL_OPT_REASON        0x1000000000ull
#define PLCTL_OPT_SINCE         0x2000000000ull
#define PLCTL_OPT_UNTIL         0x4000000000ull
#define PLCTL_OPT_ALL           0x8000000000ull
#define PLCTL_OPT_YES           0x10000000000ull
#define PLCTL_OPT_DRY_RUN       0x20000000000ull
#define PLCTL_OPT_TEMPLATES     0x40000000000ull
#define PLCTL_OPT_QUIET         0x80000000000000ull
#define PLCTL_OPT_FORMAT        0x100000000000000ull
#define PLCTL_OPT_SOURCE        0x1000000000000ull
#define PLCTL_OPT_TEXT_VERSION  0x2000000000000ull
#define PLCTL_OPT_SAID          0x4000000000000ull
#define PLCTL_OPT_OWNER         0x80000000000ull
#define PLCTL_OPT_FLOW          0x100000000000ull
#define PLCTL_OPT_STEP          0x200000000000ull
#define PLCTL_OPT_EVENT         0x400000000000ull
#define PLCTL_OPT_SETTINGS      0x800000000000ull
#define PLCTL_OPT_ZONE          0x200000000000000ull
#define PLCTL_OPT_NAME          0x8000000000000ull
#define PLCTL_OPT_KEEP          0x10000000000000ull
#define PLCTL_OPT_COVER         0x20000000000000ull
#define PLCTL_OPT_TAP           0x40000000000000ull
#define PLCTL_OPT_CATEGORY      0x40000u
#define PLCTL_OPT_AUTHOR        0x4000000u
#define PLCTL_OPT_BUSINESS      0x8000000u
#define PLCTL_OPT_OTHERWISE     0x20000000u
#define PLCTL_OPT_OTHER_LANGUAGE  0x40000000u
#define PLCTL_OPT_OTHER_PARAM   0x80000000u

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

#define PLCTL_OPTIONS  58

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

/* The same as a man page, in roff. */
void plctl_help_man(FILE *out, const plctl_command_t *rows, size_t n_rows);

#endif /* PLCTL_ARGS_H_INCLUDED */
