/*
 * A number written in digits: which mark groups thousands and which begins a
 * fraction, and what only looks like a number.
 *
 * The rule that must not break: a mark before three digits is never taken
 * for one that begins a fraction, unless what stands before it is 0. So
 * "1.000" is a thousand, or unclear, in every language; it is never 1.
 *
 *     mark and groups           own grouping mark   own decimal mark
 *     1.000  12.500  123.456    thousands           whole: thousands,
 *                                                   else unclear
 *     1.5    0.25  0.1234       fraction            fraction
 *     1.0000 1.2345             unclear             unclear
 *     1.50   12.05              unclear             fraction
 *     0.125                     unclear             fraction
 *     1.000.000                 thousands           thousands
 *     1.000,5                   thousands and a fraction, whichever is which
 *     1'000  1 000 (hard)       thousands           -
 *     12 500  100 000           thousands           -
 *     100 300                   unclear: two numbers, or one
 *     012    12.5.2027  14:30   no number
 *
 * Where a factor follows ("1.50 Mio"), what is unclear for its two digits is
 * a fraction; three digits before a factor stay unclear.
 */

#include <string.h>

#include "../core/str.h"
#include "answer_impl.h"

#define NUMERAL_GROUPS_MAX  8
#define NUMERAL_PLAIN_MAX   9           /* digits in one run: more may be a
                                           telephone number */
#define NUMERAL_SPACE       ' '

typedef struct {
    size_t          n;                  /* groups */
    size_t          n_tokens;
    pl_str_t        group[NUMERAL_GROUPS_MAX];
    uint32_t        mark[NUMERAL_GROUPS_MAX];   /* before the group */
    bool            other;              /* more of it than a number has */
} numeral_groups_t;

typedef struct {
    uint32_t        sign;
    int64_t         value;
} numeral_part_t;

static void numeral_collect(const pl_tokens_t *tokens, size_t at,
    numeral_groups_t *g);
static bool numeral_glued(const pl_tokens_t *tokens, size_t at);
static bool numeral_tail(const pl_tokens_t *tokens, size_t at,
    bool factor);
static bool numeral_grouped(const numeral_groups_t *g, size_t n);
static pl_numeral_e numeral_value(const numeral_groups_t *g,
    const pl_tokens_t *tokens, bool whole, bool factor, int64_t *value);
static pl_numeral_e numeral_one(const numeral_groups_t *g, int64_t *value);
static pl_numeral_e numeral_two(const numeral_groups_t *g,
    const pl_tokens_t *tokens, bool whole, bool factor, int64_t *value);
static pl_numeral_e numeral_join(const numeral_groups_t *g, size_t n,
    const pl_str_t *fraction, int64_t *value);
static int64_t numeral_part(const pl_tokens_t *tokens, size_t at);

static const numeral_part_t  numeral_parts[] = {
    { 0xbc, 250 }, { 0xbd, 500 }, { 0xbe, 750 },
};

static const pl_phrase_t  numeral_factors[] = {
    { PL_LANG_ALL, 1000, "k" },
    { PL_LANG_DE, 1000, "tsd" },
    { PL_LANG_DE, 1000, "tsd ." },
    { PL_LANG_DE, 1000, "tausend" },
    { PL_LANG_DE, 1000000, "mio" },
    { PL_LANG_DE, 1000000, "mio ." },
    { PL_LANG_DE, 1000000, "million" },
    { PL_LANG_DE, 1000000, "millionen" },
    { PL_LANG_DE, 100, "hundert" },
    { PL_LANG_DE, 12, "dutzend" },
    { PL_LANG_EN, 1000, "thousand" },
    { PL_LANG_EN, 1000, "grand" },
    { PL_LANG_EN, 1000000, "million" },
    { PL_LANG_EN, 100, "hundred" },
    { PL_LANG_EN, 12, "dozen" },
    { PL_LANG_NL, 1000, "duizend" },
    { PL_LANG_NL, 1000000, "miljoen" },
    { PL_LANG_NL, 1000000, "mln" },
    { PL_LANG_NL, 100, "honderd" },
    { PL_LANG_NL, 12, "dozijn" },
    { PL_LANG_FR, 1000, "mille" },
    { PL_LANG_FR, 1000000, "million" },
    { PL_LANG_FR, 1000000, "millions" },
    { PL_LANG_FR, 100, "cent" },
    { PL_LANG_FR, 100, "cents" },
    { PL_LANG_FR, 12, "douzaine" },
    { PL_LANG_FR, 12, "douzaines" },
    { PL_LANG_ES, 1000, "mil" },
    { PL_LANG_ES, 1000000, "millon" },
    { PL_LANG_ES, 1000000, "millones" },
    { PL_LANG_ES, 12, "docena" },
    { PL_LANG_ES, 12, "docenas" },
    { PL_LANG_IT, 1000, "mila" },
    { PL_LANG_IT, 1000, "mille" },
    { PL_LANG_IT, 1000000, "milione" },
    { PL_LANG_IT, 1000000, "milioni" },
    { PL_LANG_IT, 12, "dozzina" },
    { PL_LANG_IT, 12, "dozzine" },
};

/* What may stand at a numeral without a space; a longer word may anyway. */
static const pl_phrase_t  numeral_tails[] = {
    { PL_LANG_ALL, 0, "x" }, { PL_LANG_ALL, 0, "h" },
    { PL_LANG_ALL, 0, "pm" }, { PL_LANG_ALL, 0, "am" },
    { PL_LANG_ALL, 0, "eur" }, { PL_LANG_ALL, 0, "usd" },
    { PL_LANG_ALL, 0, "chf" }, { PL_LANG_EN, 0, "ish" },
    { PL_LANG_ALL, 0, "min" },
};


pl_numeral_e
pl_answer_numeral(const pl_tokens_t *tokens, size_t at, bool whole,
    pl_numeral_t *numeral)
{
    size_t            n;
    int64_t           part;
    pl_numeral_e      rc;
    numeral_groups_t  g;

    memset(numeral, 0, sizeof(*numeral));
    numeral->factor = 1;

    part = numeral_part(tokens, at);
    if (part != 0) {                                    /* "½" */
        numeral->value = part;
        numeral->n_tokens = 1;
        return PL_NUMERAL_READ;
    }

    if (at >= tokens->n || tokens->tokens[at].kind != PL_TOKEN_DIGITS) {
        return PL_NUMERAL_NONE;
    }

    numeral_collect(tokens, at, &g);
    numeral->n_tokens = g.n_tokens;

    if (g.other || numeral_glued(tokens, at)) {
        return PL_NUMERAL_OTHER;
    }

    n = pl_answer_factor(tokens, at + g.n_tokens, &numeral->factor);

    if (!numeral_tail(tokens, at + g.n_tokens, n != 0)) {
        return PL_NUMERAL_OTHER;
    }

    rc = numeral_value(&g, tokens, whole, n != 0, &numeral->value);
    if (rc != PL_NUMERAL_READ) {
        return rc;
    }

    part = numeral_part(tokens, at + g.n_tokens);
    if (part != 0) {                                    /* "2½" */
        if (numeral->value % 1000 != 0) {
            return PL_NUMERAL_OTHER;
        }

        numeral->value += part;
        numeral->n_tokens++;
        n = pl_answer_factor(tokens, at + numeral->n_tokens,
                             &numeral->factor);
    }

    numeral->n_tokens += n;

    return pl_answer_scale(numeral->value, numeral->factor, 1,
                           &numeral->value)
           ? PL_NUMERAL_READ : PL_NUMERAL_TOOBIG;
}


size_t
pl_answer_factor(const pl_tokens_t *tokens, size_t at, int64_t *factor)
{
    int     value;
    size_t  n;

    n = pl_answer_phrase(tokens, at, numeral_factors,
                         PL_COUNT(numeral_factors), &value);
    *factor = n == 0 ? 1 : value;

    return n;
}


bool
pl_answer_scale(int64_t value, int64_t num, int64_t den, int64_t *out)
{
    bool     below = value < 0;
    int64_t  n;

    n = below ? -value : value;

    if (n > PL_ANSWER_NUMBER_MAX || (num > 1 && n > INT64_MAX / 2 / num)) {
        return false;
    }

    n = (n * num + den / 2) / den;

    if (n > PL_ANSWER_NUMBER_MAX) {
        return false;
    }

    *out = below ? -n : n;
    return true;
}


/* The groups of digits that stand at a token, and what parts them. */

static void
numeral_collect(const pl_tokens_t *tokens, size_t at, numeral_groups_t *g)
{
    size_t             i = at;
    uint32_t           mark = 0;
    const pl_token_t  *t = tokens->tokens, *next;

    memset(g, 0, sizeof(*g));

    for ( ;; ) {
        g->group[g->n] = t[i].text;
        g->mark[g->n++] = mark;
        i++;

        if (i >= tokens->n || g->n == NUMERAL_GROUPS_MAX) {
            break;
        }

        next = &t[i];

        if (next->kind == PL_TOKEN_DIGITS) {

            if (next->text.len != 3 || t[i - 1].text.len > 3) {
                break;                                  /* "10 20" */
            }

            mark = next->hard ? '\'' : NUMERAL_SPACE;
            continue;
        }

        if (next->kind != PL_TOKEN_SIGN || next->spaced || i + 1 >= tokens->n
            || t[i + 1].kind != PL_TOKEN_DIGITS || t[i + 1].spaced)
        {
            break;
        }

        if (next->sign != '.' && next->sign != ',' && next->sign != '\'') {
            g->other = next->sign == ':' || next->sign == '/';
            break;
        }

        mark = next->sign;
        i++;
    }

    g->n_tokens = i - at;

    /* "24.12." is a day; "2027-12-24" and "0171-23-45" are no ranges. */

    if (g->n == 2 && g->mark[1] == '.' && g->group[1].len < 3
        && pl_answer_sign(tokens, i, '.') && !t[i].spaced)
    {
        g->other = true;
    }

    if (i + 3 < tokens->n && pl_answer_sign(tokens, i, '-')
        && pl_answer_sign(tokens, i + 2, '-')
        && t[i + 1].kind == PL_TOKEN_DIGITS
        && t[i + 3].kind == PL_TOKEN_DIGITS)
    {
        g->other = true;
    }

    g->other = g->other || g->n == NUMERAL_GROUPS_MAX;
}


/* Behind a letter or a sign of numbering: "A4", "covid-19", "#5", "x²". */

static bool
numeral_glued(const pl_tokens_t *tokens, size_t at)
{
    int64_t            factor;
    const pl_token_t  *t = &tokens->tokens[at];

    if (at == 0 || t->spaced) {
        return false;
    }

    if (t[-1].kind == PL_TOKEN_WORD) {
        return true;
    }

    if (t[-1].kind == PL_TOKEN_DIGITS) {
        return false;
    }

    if (t[-1].sign == '-' && at > 1 && !t[-1].spaced
        && t[-2].kind == PL_TOKEN_WORD)
    {
        return pl_answer_factor(tokens, at - 2, &factor) == 0;  /* 1k-2k */
    }

    if (t[-1].sign == '*' || t[-1].sign == '_') {

        /* "5*5", "a_1"; "*100*" is how messengers write bold */
        return at > 1 && !t[-1].spaced && t[-2].kind != PL_TOKEN_SIGN;
    }

    return t[-1].sign == '#' || t[-1].sign == '@' || t[-1].sign == '^'
           || t[-1].sign == '/' || t[-1].sign == 0xd7;
}


/* May what follows without a space follow a number? "12b" is no number. */

static bool
numeral_tail(const pl_tokens_t *tokens, size_t at, bool factor)
{
    const pl_token_t  *t = &tokens->tokens[at];

    if (at >= tokens->n || t->spaced) {
        return true;
    }

    if (t->kind == PL_TOKEN_WORD) {
        return factor || t->text.len > 4
               || pl_answer_phrase(tokens, at, numeral_tails,
                                   PL_COUNT(numeral_tails), NULL) != 0;
    }

    return t->kind != PL_TOKEN_SIGN
           || !((t->sign >= 0xb2 && t->sign <= 0xb9)
                || (t->sign >= 0x2070 && t->sign <= 0x209f)
                || t->sign == '^' || t->sign == '@'
                || (t->sign == '_' && at + 1 < tokens->n && !t[1].spaced
                    && t[1].kind != PL_TOKEN_SIGN));
}


/* Are the first n groups parted by one mark, as thousands are? */

static bool
numeral_grouped(const numeral_groups_t *g, size_t n)
{
    size_t  i;

    if (g->group[0].len > 3 || g->group[0].data[0] == '0') {
        return false;
    }

    for (i = 1; i < n; i++) {
        if (g->group[i].len != 3 || g->mark[i] != g->mark[1]) {
            return false;
        }
    }

    return true;
}


static pl_numeral_e
numeral_value(const numeral_groups_t *g, const pl_tokens_t *tokens,
    bool whole, bool factor, int64_t *value)
{
    size_t    n = g->n;
    uint32_t  last = g->mark[n - 1];

    if (n == 1) {
        return numeral_one(g, value);
    }

    if (n == 2) {
        return numeral_two(g, tokens, whole, factor, value);
    }

    if (numeral_grouped(g, n)) {

        if (g->mark[1] == NUMERAL_SPACE && g->group[0].len == 3) {
            return PL_NUMERAL_UNCLEAR;                  /* a telephone's? */
        }

        return numeral_join(g, n, NULL, value);
    }

    if (numeral_grouped(g, n - 1) && last != g->mark[1]
        && (last == '.' || last == ','))
    {
        return numeral_join(g, n - 1, &g->group[n - 1], value);
    }

    return PL_NUMERAL_OTHER;
}


static pl_numeral_e
numeral_one(const numeral_groups_t *g, int64_t *value)
{
    const pl_str_t  *d = &g->group[0];

    if (d->len > 1 && d->data[0] == '0') {
        return PL_NUMERAL_OTHER;
    }

    if (d->len > NUMERAL_PLAIN_MAX) {
        return PL_NUMERAL_TOOBIG;
    }

    return numeral_join(g, 1, NULL, value);
}


static pl_numeral_e
numeral_two(const numeral_groups_t *g, const pl_tokens_t *tokens, bool whole,
    bool factor, int64_t *value)
{
    bool             own = g->mark[1] == tokens->decimal;
    bool             zero = g->group[0].len == 1
                            && g->group[0].data[0] == '0';
    const pl_str_t  *a = &g->group[0], *b = &g->group[1];

    if (g->mark[1] == NUMERAL_SPACE) {

        if (!numeral_grouped(g, 2)) {
            return PL_NUMERAL_OTHER;
        }

        return a->len < 3 || memcmp(b->data, "000", 3) == 0
               ? numeral_join(g, 2, NULL, value) : PL_NUMERAL_UNCLEAR;
    }

    if (g->mark[1] == '\'') {
        return numeral_grouped(g, 2) ? numeral_join(g, 2, NULL, value)
                                     : PL_NUMERAL_OTHER;
    }

    if (a->len > 1 && a->data[0] == '0') {
        return PL_NUMERAL_OTHER;
    }

    if (b->len == 3) {

        if (factor) {
            return PL_NUMERAL_UNCLEAR;
        }

        if (zero) {
            return own ? numeral_join(g, 1, b, value) : PL_NUMERAL_UNCLEAR;
        }

        return numeral_grouped(g, 2) && (!own || whole)
               ? numeral_join(g, 2, NULL, value) : PL_NUMERAL_UNCLEAR;
    }

    /* "1.0000" has a digit too many, or lacks two */

    if ((b->len == 2 && !own && !factor) || (b->len > 3 && !zero)) {
        return PL_NUMERAL_UNCLEAR;
    }

    return numeral_join(g, 1, b, value);
}


/* n groups as one number, and a fraction behind it. */

static pl_numeral_e
numeral_join(const numeral_groups_t *g, size_t n, const pl_str_t *fraction,
    int64_t *value)
{
    size_t   i;
    int64_t  v = 0, d;

    for (i = 0; i < n; i++) {
        d = pl_answer_digits(g->group[i]);

        if (d < 0 || v > PL_ANSWER_NUMBER_MAX
            || d > PL_ANSWER_NUMBER_MAX / 1000)
        {
            return PL_NUMERAL_TOOBIG;
        }

        v = i == 0 ? d : v * 1000 + d;
    }

    if (v > PL_ANSWER_NUMBER_MAX / 1000) {
        return PL_NUMERAL_TOOBIG;
    }

    v *= 1000;

    for (i = 0, d = 100; fraction != NULL && i < fraction->len && i < 3; i++)
    {
        v += d * (fraction->data[i] - '0');
        d /= 10;
    }

    *value = v;
    return PL_NUMERAL_READ;
}


static int64_t
numeral_part(const pl_tokens_t *tokens, size_t at)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(numeral_parts); i++) {
        if (pl_answer_sign(tokens, at, numeral_parts[i].sign)) {
            return numeral_parts[i].value;
        }
    }

    return 0;
}
