/*
 * Scripts of `parleyctl simulate`, and the lines of `parleyctl chat`: one
 * deed or one expectation a line. docs/simulate.md is the language. Pure:
 * what the lines do is play.h's.
 *
 *     # what is said of nobody
 *     at 2027-03-01T10:00 Europe/Berlin
 *     > Hallo
 *     < text "Hallo*"
 *     +5m
 *     expect step q2
 *
 * A line is a verb and words. A word is bare, or in quotes with \" \\ and \n
 * in it, or a pattern between slashes, in which \/ is a slash. Of ">" the
 * rest of the line is one word, as it stands, but for \n and \\.
 */

#ifndef PLCTL_SCRIPT_H_INCLUDED
#define PLCTL_SCRIPT_H_INCLUDED

#include "../core/arena.h"

#define PLCTL_SCRIPT_MAX        (1024u * 1024)  /* bytes */
#define PLCTL_SCRIPT_LINES_MAX  20000
#define PLCTL_SCRIPT_LINE_MAX   8192            /* bytes of one */
#define PLCTL_SCRIPT_WORDS_MAX  32              /* of a line */

typedef enum {
    PLCTL_VERB_NONE = 0,        /* blank, or a comment */

    /* time */
    PLCTL_VERB_AT,              /* TIME [ZONE] */
    PLCTL_VERB_PASS,            /* +DURATION */

    /* who */
    PLCTL_VERB_CONTACT,         /* NAME [language L] [zone Z] [phone P] */

    /* what they do */
    PLCTL_VERB_SAY,             /* > TEXT */
    PLCTL_VERB_TAP,             /* ID */
    PLCTL_VERB_FORM,            /* JSON [NAME] */
    PLCTL_VERB_PLACE,           /* LATITUDE LONGITUDE */
    PLCTL_VERB_MEDIA,           /* TYPE [CAPTION] */
    PLCTL_VERB_REFERRAL,        /* ID TEXT [HEADLINE] */
    PLCTL_VERB_OPTIN,           /* CATEGORY */
    PLCTL_VERB_OPTOUT,          /* CATEGORY */

    /* what others do */
    PLCTL_VERB_AGENT,           /* TEXT */
    PLCTL_VERB_ECHO,            /* TEXT */
    PLCTL_VERB_TAKE,            /* [REASON] */
    PLCTL_VERB_RELEASE,
    PLCTL_VERB_EVENT,           /* NAME [VARIABLE=VALUE]... */
    PLCTL_VERB_START,           /* FLOW [STEP] */
    PLCTL_VERB_SEND,            /* template NAME [VALUE]... | text TEXT */
    PLCTL_VERB_STATUS,          /* WORD */
    PLCTL_VERB_PROVIDER,        /* ok | hold | CODE | http STATUS */

    /* what must have come of it */
    PLCTL_VERB_LEAVES,          /* < KIND ... */
    PLCTL_VERB_NOTHING,
    PLCTL_VERB_BLOCKED,         /* RULE */
    PLCTL_VERB_DEFERRED,        /* RULE [until TIME] */
    PLCTL_VERB_REFUSED,         /* CODE */
    PLCTL_VERB_EXPECT           /* see docs/simulate.md */
} plctl_verb_e;

typedef struct {
    const char  *text;          /* quotes and slashes gone */
    unsigned     column;        /* from 1, in bytes */
    bool         pattern;       /* it stood between slashes */
} plctl_word_t;

typedef struct {
    plctl_verb_e   verb;
    unsigned       line;        /* from 1 */
    unsigned       column;      /* of the verb */
    const char    *source;      /* as it stands, without blanks around it */
    unsigned       n_words;     /* behind the verb */
    plctl_word_t   words[PLCTL_SCRIPT_WORDS_MAX];
} plctl_line_t;

typedef struct {
    size_t          n;
    plctl_line_t  **lines;      /* those that have a verb */
} plctl_script_t;

/*
 * Reads a script into the arena. PL_INVALID, PL_TOOBIG with line and column;
 * PL_NOMEM.
 */
pl_status_t plctl_script_parse(pl_str_t text, pl_arena_t *ar,
    plctl_script_t *script, pl_err_t *err);

/* One line, of this number. It may have no verb. */
pl_status_t plctl_script_line(pl_str_t text, unsigned number, pl_arena_t *ar,
    plctl_line_t *line, pl_err_t *err);

/* PL_INVALID at a word of a line; i n_words: behind the last. */
pl_status_t plctl_script_mistake(const plctl_line_t *line, unsigned i,
    pl_err_t *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Does a text match? A '*' of the glob stands for anything, "\*" for a star;
 * all else for itself. Blanks are told apart, cases too.
 */
bool plctl_script_glob(const char *glob, const char *text);

#endif /* PLCTL_SCRIPT_H_INCLUDED */
