/*
 * Does a message say "stop"? Words of refusal in many languages, held
 * against a whole short message after folding (unicode.h).
 *
 *     stop      the message is a refusal and nothing else
 *     start     it takes a refusal back
 *     help      it asks what this is
 *     unclear   a refusal is a large part of it: somebody should read it
 *     none      everything else
 *
 * A message is a refusal when it can be cut, without a rest, into phrases of
 * refusal and of politeness: "STOP!!!", "Stop. Thank you", "bitte abmelden",
 * "stop stop". A word within a sentence never is one. Marks, capitals,
 * punctuation and emoji do not count; letters may stand apart ("s t o p").
 *
 * The phrases are data: stop_words_*.c, and what a tenant adds. No language is
 * asked for: people write in whichever they like.
 *
 * Pure. What is built is immutable and may be used by all threads.
 */

#ifndef PL_STOP_H_INCLUDED
#define PL_STOP_H_INCLUDED

#include "../core/arena.h"
#include "record.pb-c.h"

#define PL_STOP_PHRASES_MAX  1000   /* of a tenant */
#define PL_STOP_TEXT_MAX     1024   /* bytes of a message that is one */
#define PL_STOP_UNITS_MAX    8      /* words of a message that is unclear */

typedef enum {
    PL_STOP_NONE = 0,
    PL_STOP_STOP,
    PL_STOP_START,
    PL_STOP_HELP,
    PL_STOP_UNCLEAR,
    /* of phrases alone */
    PL_STOP_WEAK,               /* stop, where nothing else is said */
    PL_STOP_POLITE,             /* may stand around any of them */
    PL_STOP_LIGHT,              /* may stand around an unclear one */
    PL_STOP_OTHER               /* has a stop word in it, and means nothing */
} pl_stop_e;

typedef struct pl_stop_s  pl_stop_t;

/*
 * The lists that are built in, and an empty one for what a tenant adds, both
 * in the arena and as long-lived as it. PL_NOMEM.
 */
pl_status_t pl_stop_build(pl_arena_t *ar, pl_stop_t **stop, pl_err_t *err);
pl_status_t pl_stop_empty(pl_arena_t *ar, pl_stop_t **stop, pl_err_t *err);

/*
 * Adds a phrase: as it folds; of German, or of no language, with umlauts
 * written out as well; and with the plain letter for one that Unicode does
 * not take apart (ł, đ, ø, ı).
 * PL_INVALID: it has no words, or is no UTF-8; PL_TOOBIG above
 * PL_KEYWORD_MAX bytes; PL_NOMEM.
 */
pl_status_t pl_stop_add(pl_stop_t *stop, const char *language,
    pl_stop_e kind, pl_str_t phrase, pl_err_t *err);

/*
 * What a tenant's settings add; *stop NULL: nothing. PL_NOMEM, or another
 * failure of the arena.
 */
pl_status_t pl_stop_settings(pl_arena_t *ar, const Pl__TenantSettings *row,
    const pl_stop_t **stop, pl_err_t *err);

/* A tenant's own phrase, as its file says it. */
typedef struct {
    Pl__StopKind  kind;
    pl_str_t      phrase;       /* within the file's text */
} pl_stop_own_t;

/*
 * Reads a tenant's file: one phrase a line, behind its kind, which is stop,
 * start, help, unclear, polite, or other (what says "stop" and means none);
 * empty lines, and lines that begin with "#":
 *
 *     stop: keine Angebote mehr
 *     other: Endstation
 *
 * PL_INVALID and PL_TOOBIG with line and column. *own is in the arena.
 */
pl_status_t pl_stop_parse(pl_arena_t *ar, pl_str_t text,
    pl_stop_own_t **own, size_t *n, pl_err_t *err);

typedef struct {
    pl_stop_e    kind;          /* PL_STOP_NONE to PL_STOP_UNCLEAR */
    const char  *language;      /* of its phrase; "": of several, or none */
    const char  *phrase;        /* as folded, from the lists; NULL: none */
} pl_stop_say_t;

/*
 * What a message says. own: what the tenant adds, or NULL; its phrases come
 * first. A text that is no UTF-8 says nothing; one above PL_STOP_TEXT_MAX
 * bytes is unclear at most. PL_OK or PL_NOMEM (of ar, which needs about 64
 * KiB).
 */
pl_status_t pl_stop_decide(const pl_stop_t *stop, const pl_stop_t *own,
    pl_arena_t *ar, pl_str_t text, pl_stop_say_t *say, pl_err_t *err);

#endif /* PL_STOP_H_INCLUDED */
