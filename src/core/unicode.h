/*
 * Texts as people write them, made comparable: the only door to utf8proc.
 *
 * A keyword is met in many spellings: capitals, full-width letters, letters
 * with their marks apart, invisible characters between them, emoji and
 * exclamation marks around them. Folding takes away what does not tell words
 * apart; both sides of a comparison go through the same call.
 *
 *     fold     NFKC and full case folding; what Unicode says may be ignored
 *              (joiners, soft hyphens, variation selectors, bidi marks) goes
 *     words    punctuation, symbols and emoji go, white space becomes one
 *              space between words
 *     keyword  both at once, and never a message longer than a keyword is
 *     mark     where a clause ends, in a text that is not folded yet
 *
 * Caveats
 *
 * - Nothing here knows a language. The Turkish dotless i stays one letter of
 *   its own: lists carry both spellings.
 * - Languages that put no space between words give one word for each run.
 *
 * Pure; any thread. Results live in the arena, and may be the input itself.
 */

#ifndef PL_UNICODE_H_INCLUDED
#define PL_UNICODE_H_INCLUDED

#include "arena.h"
#include "pl.h"

/*
 * Marks of the scripts that can be read without them go: "é" is "e", "ё" is
 * "е", Arabic and Hebrew vowel points are gone. Those that make another
 * letter or syllable (Devanagari, kana, Thai) stay.
 */
#define PL_UNICODE_MARKS    0x01u

/* German: "ä", "ö", "ü" are "ae", "oe", "ue". Comes before the marks. */
#define PL_UNICODE_GERMAN   0x02u

/*
 * PL_TOOBIG above PL_TEXT_MAX bytes, PL_INVALID where it is no UTF-8,
 * PL_NOMEM. Folding what is folded changes nothing.
 */
pl_status_t pl_unicode_fold(pl_arena_t *ar, pl_str_t text, unsigned how,
    pl_str_t *folded, pl_err_t *err);

typedef enum {
    PL_UNICODE_EDGES = 0,       /* only at the beginning and at the end */
    PL_UNICODE_ALL              /* everywhere: they end a word, as a space */
} pl_unicode_e;

typedef struct {
    pl_str_t     text;          /* the words, one space between them */
    pl_str_t    *words;         /* each of them, within text */
    size_t       n_words;
} pl_words_t;

/*
 * Takes punctuation, symbols, emoji and control characters out of a text,
 * folded or not. A text of nothing else has no words. Errors as for fold.
 */
pl_status_t pl_unicode_words(pl_arena_t *ar, pl_str_t text,
    pl_unicode_e where, pl_words_t *words, pl_err_t *err);

/*
 * pl_unicode_fold, then pl_unicode_words everywhere, in one walk over ASCII,
 * which is most of what is written; any marks asked for make no difference
 * there. *ascii false: it is not, or is above PL_TEXT_MAX bytes; the words are
 * none then. PL_NOMEM.
 */
pl_status_t pl_unicode_folded(pl_arena_t *ar, pl_str_t text,
    pl_words_t *words, bool *ascii, pl_err_t *err);

/*
 * A short message, or a phrase to hold it against, as bare folded words:
 * pl_unicode_fold, then pl_unicode_words everywhere. PL_TOOBIG above
 * PL_KEYWORD_MAX bytes: such a message is no keyword.
 */
pl_status_t pl_unicode_keyword(pl_arena_t *ar, pl_str_t text, unsigned how,
    pl_words_t *words, pl_err_t *err);

/* What a character does to the clause that it stands in. */
typedef enum {
    PL_UNICODE_INSIDE = 0,      /* nothing: letters, quotes, apostrophes */
    PL_UNICODE_ENDS,            /* stops, commas, dashes, brackets, emoji */
    PL_UNICODE_ASKS,            /* the same, of a question */
    PL_UNICODE_HYPHEN,          /* ends one where a space stands before it */
    PL_UNICODE_HIDDEN           /* joiners, variation selectors: invisible */
} pl_unicode_mark_e;

/*
 * The bytes of the character at a place of the text, and what it does there.
 * What is no UTF-8 is one byte INSIDE. at < text.len.
 */
size_t pl_unicode_mark(pl_str_t text, size_t at, pl_unicode_mark_e *mark);

#endif /* PL_UNICODE_H_INCLUDED */
