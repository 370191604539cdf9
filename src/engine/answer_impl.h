/*
 * What the files of the answers and of the judge share: a text as tokens,
 * phrases that are looked for among them, and the reader of each kind. No
 * other file includes this.
 *
 * A token is a word (folded: "Für" is "fur"), a run of decimal digits (of
 * any script, here as ASCII), or a sign. An apostrophe between letters parts
 * words and is gone; invisible characters and the variants of emoji are.
 */

#ifndef PL_ANSWER_IMPL_H_INCLUDED
#define PL_ANSWER_IMPL_H_INCLUDED

#include "answer.h"

#define PL_LANG_DE          0x01u
#define PL_LANG_EN          0x02u
#define PL_LANG_NL          0x04u
#define PL_LANG_FR          0x08u
#define PL_LANG_ES          0x10u
#define PL_LANG_IT          0x20u
#define PL_LANG_ALL         0x3fu

typedef enum {
    PL_TOKEN_WORD = 0,
    PL_TOKEN_DIGITS,
    PL_TOKEN_SIGN
} pl_token_e;

typedef struct {
    pl_token_e      kind;
    bool            spaced;         /* white space before it, or nothing */
    bool            hard;           /* a space that breaks no line, as
                                       between groups of digits */
    uint32_t        sign;           /* its code point; dashes are '-', etc. */
    size_t          from;           /* bytes of the text */
    size_t          to;
    pl_str_t        text;           /* of words and digits */
} pl_token_t;

typedef struct pl_tokens_s {
    unsigned        languages;      /* PL_LANG_ */
    unsigned        first;          /* the one that counts most */
    uint32_t        decimal;        /* '.' or ',' of the first */
    bool            month_first;    /* 12/24 is in December */
    bool            no_order;       /* 03/04: English of nowhere */
    size_t          n;
    pl_token_t     *tokens;
} pl_tokens_t;

/*
 * words: phrases with '|' between them. Each is folded words, a space
 * between them; a single ASCII sign may be one of them ("o . k").
 */
typedef struct {
    unsigned        languages;
    int             value;
    const char     *words;
} pl_phrase_t;

/*
 * Makes tokens of a text, those past PL_ANSWER_TOKENS_MAX, or past max, left
 * out (*cut, unless NULL, says so). PL_NOMEM.
 */
pl_status_t pl_answer_tokens(const char *language, pl_str_t text,
    pl_arena_t *ar, pl_tokens_t **tokens, bool *cut);
pl_status_t pl_answer_tokens_max(const char *language, pl_str_t text,
    size_t max, pl_arena_t *ar, pl_tokens_t **tokens, bool *cut);

/*
 * The longest phrase that begins at token `at`: its tokens, 0 for none;
 * *value, unless NULL, is its value.
 */
size_t pl_answer_phrase(const pl_tokens_t *tokens, size_t at,
    const pl_phrase_t *rows, size_t n, int *value);

/* Is token `at` this sign? False past the end. */
bool pl_answer_sign(const pl_tokens_t *tokens, size_t at, uint32_t sign);

/* The value of up to 18 digits; -1: more. */
int64_t pl_answer_digits(pl_str_t digits);

/* ---- numbers -------------------------------------------------------- */

typedef enum {
    PL_NUMERAL_NONE = 0,            /* there is none here */
    PL_NUMERAL_READ,
    PL_NUMERAL_UNCLEAR,             /* 1,000 or 1.000 */
    PL_NUMERAL_TOOBIG,
    PL_NUMERAL_OTHER                /* a date, a telephone number, an id */
} pl_numeral_e;

typedef struct {
    int64_t         value;          /* thousandths */
    int64_t         factor;         /* what it was multiplied by: "2k": 1000 */
    size_t          n_tokens;
    bool            weak;           /* "a", "ein": an article, perhaps */
    bool            many;           /* "hundreds": twice that, or more */
    bool            about;          /* "une centaine" */
} pl_numeral_t;

/* A numeral in digits, in words. whole: no fraction is looked for. */
pl_numeral_e pl_answer_numeral(const pl_tokens_t *tokens, size_t at,
    bool whole, pl_numeral_t *numeral);
pl_numeral_e pl_answer_spoken(const pl_tokens_t *tokens, size_t at,
    pl_numeral_t *numeral);

/* "k", "tausend", "hundert", "dozen": the tokens of it. */
size_t pl_answer_factor(const pl_tokens_t *tokens, size_t at,
    int64_t *factor);

/* value * num / den to the nearest, or false: too large. */
bool pl_answer_scale(int64_t value, int64_t num, int64_t den, int64_t *out);

/* ---- the kinds ------------------------------------------------------ */

/* Each: PL_OK or PL_NOMEM; *out is zeroed, with the reason "unknown". */
pl_status_t pl_answer_yes(const pl_question_t *question,
    const pl_tokens_t *tokens, pl_arena_t *ar, pl_reading_t *out);
pl_status_t pl_answer_number(const pl_question_t *question,
    const pl_tokens_t *tokens, pl_arena_t *ar, pl_reading_t *out);
pl_status_t pl_answer_choice(const pl_question_t *question,
    const pl_said_t *said, const pl_tokens_t *tokens, pl_arena_t *ar,
    pl_reading_t *out);
pl_status_t pl_answer_date(const pl_question_t *question,
    const pl_tokens_t *tokens, pl_arena_t *ar, pl_reading_t *out);
pl_status_t pl_answer_address(const pl_question_t *question,
    const pl_tokens_t *tokens, pl_str_t text, pl_arena_t *ar,
    pl_reading_t *out);

/* Tells that an answer is unclear or none, and why. reason is const. */
void pl_answer_tell(pl_reading_t *out, pl_meant_e meant, const char *reason);

/*
 * Does a phrase stand at token `at`? The tokens of it, or 0. '*' at either
 * end of a word of the phrase stands for any letters of that word. Signs of
 * the phrase count, unless it has words or digits.
 */
size_t pl_answer_match(const pl_tokens_t *tokens, size_t at,
    const pl_tokens_t *phrase);

/* The same anywhere: *at says where first. */
size_t pl_answer_find(const pl_tokens_t *tokens, const pl_tokens_t *phrase,
    size_t *at);

#endif /* PL_ANSWER_IMPL_H_INCLUDED */
