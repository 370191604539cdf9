/*
 * A text as words, digits and signs, and phrases among them.
 *
 * Words are folded one by one, so that each token knows its place in the
 * text; digits are not folded, since folding makes a digit of what is none
 * ("10²" is not 102).
 */

#include <string.h>

#include "../core/str.h"
#include "../core/unicode.h"
#include "answer_impl.h"

#define TOKENS_TAG_MAX  16
#define TOKENS_LEAD     4       /* '|', two bytes of a word, NUL */

typedef enum {
    TOKENS_LETTER = 0,
    TOKENS_DIGIT,
    TOKENS_SPACE,
    TOKENS_HARD,                /* a space that breaks no line */
    TOKENS_SIGN,
    TOKENS_GONE
} tokens_e;

/* A code point of a text. */
typedef struct {
    tokens_e        what;
    uint32_t        sign;       /* a digit's is the zero of its script */
    uint32_t        cp;
    size_t          len;
} tokens_char_t;

typedef struct {
    uint32_t        from;
    uint32_t        to;
    tokens_e        what;
    uint32_t        sign;       /* 0: the character itself */
} tokens_range_t;

typedef struct {
    const char     *tag;
    unsigned        bit;
    uint32_t        decimal;
} tokens_language_t;

static void tokens_languages(pl_tokens_t *tokens, const char *language);
static void tokens_language(pl_tokens_t *tokens, const char *tag);
static void tokens_speaks(pl_tokens_t *tokens, const tokens_language_t *row,
    const char *tag);
static uint32_t tokens_decode(const uint8_t *p, size_t len);
static tokens_char_t tokens_char(pl_str_t text, size_t at);
static bool tokens_joined(pl_str_t text, size_t at, tokens_char_t c);
static pl_status_t tokens_texts(pl_tokens_t *tokens, pl_str_t text,
    pl_arena_t *ar);
static pl_status_t tokens_word(pl_token_t *t, pl_str_t text, pl_arena_t *ar);
static pl_status_t tokens_digits(pl_token_t *t, pl_str_t text,
    pl_arena_t *ar);
static size_t tokens_phrase(const pl_tokens_t *tokens, size_t at,
    const char *p);
static bool tokens_lead(const pl_token_t *t, char lead[TOKENS_LEAD]);
static const char *tokens_begins(const char *words, const char *lead);
static const char *tokens_next(const char *p, const char *lead);
static bool tokens_is(const pl_token_t *t, const char *word, size_t len);

/* What is no letter; in order. A digit's sign is its script's zero. */
static const tokens_range_t  tokens_ranges[] = {
    { 0x00, 0x08, TOKENS_GONE, 0 },
    { 0x09, 0x0d, TOKENS_SPACE, 0 },
    { 0x0e, 0x1f, TOKENS_GONE, 0 },
    { 0x20, 0x20, TOKENS_SPACE, 0 },
    { 0x21, 0x2f, TOKENS_SIGN, 0 },
    { 0x30, 0x39, TOKENS_DIGIT, 0x30 },
    { 0x3a, 0x40, TOKENS_SIGN, 0 },
    { 0x5b, 0x5f, TOKENS_SIGN, 0 },
    { 0x60, 0x60, TOKENS_SIGN, '\'' },
    { 0x7b, 0x7e, TOKENS_SIGN, 0 },
    { 0x7f, 0x9f, TOKENS_GONE, 0 },
    { 0xa0, 0xa0, TOKENS_HARD, 0 },
    { 0xa1, 0xa9, TOKENS_SIGN, 0 },
    { 0xab, 0xac, TOKENS_SIGN, 0 },
    { 0xad, 0xad, TOKENS_GONE, 0 },
    { 0xae, 0xb3, TOKENS_SIGN, 0 },
    { 0xb4, 0xb4, TOKENS_SIGN, '\'' },
    { 0xb6, 0xb9, TOKENS_SIGN, 0 },
    { 0xbb, 0xbf, TOKENS_SIGN, 0 },
    { 0xd7, 0xd7, TOKENS_SIGN, 0 },
    { 0xf7, 0xf7, TOKENS_SIGN, 0 },
    { 0x2bb, 0x2bd, TOKENS_SIGN, '\'' },
    { 0x660, 0x669, TOKENS_DIGIT, 0x660 },
    { 0x66b, 0x66b, TOKENS_SIGN, ',' },
    { 0x66c, 0x66c, TOKENS_SIGN, '\'' },
    { 0x6f0, 0x6f9, TOKENS_DIGIT, 0x6f0 },
    { 0x966, 0x96f, TOKENS_DIGIT, 0x966 },
    { 0x9e6, 0x9ef, TOKENS_DIGIT, 0x9e6 },
    { 0xe50, 0xe59, TOKENS_DIGIT, 0xe50 },
    { 0x2000, 0x2006, TOKENS_SPACE, 0 },
    { 0x2007, 0x2007, TOKENS_HARD, 0 },
    { 0x2008, 0x2008, TOKENS_SPACE, 0 },
    { 0x2009, 0x2009, TOKENS_HARD, 0 },
    { 0x200a, 0x200a, TOKENS_SPACE, 0 },
    { 0x200b, 0x200f, TOKENS_GONE, 0 },
    { 0x2010, 0x2015, TOKENS_SIGN, '-' },
    { 0x2016, 0x2017, TOKENS_SIGN, 0 },
    { 0x2018, 0x201b, TOKENS_SIGN, '\'' },
    { 0x201c, 0x2027, TOKENS_SIGN, 0 },
    { 0x2028, 0x2029, TOKENS_SPACE, 0 },
    { 0x202a, 0x202e, TOKENS_GONE, 0 },
    { 0x202f, 0x202f, TOKENS_HARD, 0 },
    { 0x2030, 0x2031, TOKENS_SIGN, '%' },
    { 0x2032, 0x2032, TOKENS_SIGN, '\'' },
    { 0x2033, 0x205e, TOKENS_SIGN, 0 },
    { 0x205f, 0x205f, TOKENS_SPACE, 0 },
    { 0x2060, 0x206f, TOKENS_GONE, 0 },
    { 0x2070, 0x20cf, TOKENS_SIGN, 0 },
    { 0x20d0, 0x20ff, TOKENS_GONE, 0 },
    { 0x2100, 0x2211, TOKENS_SIGN, 0 },
    { 0x2212, 0x2212, TOKENS_SIGN, '-' },
    { 0x2213, 0x223b, TOKENS_SIGN, 0 },
    { 0x223c, 0x223c, TOKENS_SIGN, '~' },
    { 0x223d, 0x2247, TOKENS_SIGN, 0 },
    { 0x2248, 0x2248, TOKENS_SIGN, '~' },
    { 0x2249, 0x2bff, TOKENS_SIGN, 0 },
    { 0x2e00, 0x2e7f, TOKENS_SIGN, 0 },
    { 0x3000, 0x3000, TOKENS_SPACE, 0 },
    { 0x3001, 0x3004, TOKENS_SIGN, 0 },
    { 0x3007, 0x3030, TOKENS_SIGN, 0 },
    { 0xe000, 0xf8ff, TOKENS_SIGN, 0 },
    { 0xfe00, 0xfe0f, TOKENS_GONE, 0 },
    { 0xfe63, 0xfe63, TOKENS_SIGN, '-' },
    { 0xfeff, 0xfeff, TOKENS_GONE, 0 },
    { 0xff5e, 0xff5e, TOKENS_SIGN, '~' },
    { 0xfff0, 0xffff, TOKENS_SIGN, 0 },
    { 0x1f000, 0x1f3fa, TOKENS_SIGN, 0 },
    { 0x1f3fb, 0x1f3ff, TOKENS_GONE, 0 },       /* the colour of a skin */
    { 0x1f400, 0x1fbef, TOKENS_SIGN, 0 },
    { 0xe0000, 0xe0fff, TOKENS_GONE, 0 },
};

/* Where nobody says which. */
static const tokens_language_t  tokens_english = { "en", PL_LANG_EN, '.' };

/* The longest tag that fits counts; "en" alone has no order of dates. */
static const tokens_language_t  tokens_tags[] = {
    { "de", PL_LANG_DE, ',' },
    { "de-ch", PL_LANG_DE, '.' },
    { "de-li", PL_LANG_DE, '.' },
    { "en", PL_LANG_EN, '.' },
    { "es", PL_LANG_ES, ',' },
    { "es-mx", PL_LANG_ES, '.' },
    { "es-us", PL_LANG_ES, '.' },
    { "es-pr", PL_LANG_ES, '.' },
    { "fr", PL_LANG_FR, ',' },
    { "it", PL_LANG_IT, ',' },
    { "it-ch", PL_LANG_IT, '.' },
    { "nl", PL_LANG_NL, ',' },
};


pl_status_t
pl_answer_tokens(const char *language, pl_str_t text, pl_arena_t *ar,
    pl_tokens_t **tokens, bool *cut)
{
    return pl_answer_tokens_max(language, text, PL_ANSWER_TOKENS_MAX, ar,
                                tokens, cut);
}


pl_status_t
pl_answer_tokens_max(const char *language, pl_str_t text, size_t max,
    pl_arena_t *ar, pl_tokens_t **tokens, bool *cut)
{
    bool            spaced = true, hard = false, gap, full = false;
    size_t          at = 0;
    pl_token_t     *t = NULL;
    pl_tokens_t    *ts;
    tokens_char_t   c;

    max = text.len < max ? text.len : max;
    ts = pl_arena_zalloc(ar, sizeof(*ts));
    if (ts == NULL
        || (ts->tokens = pl_arena_zalloc(ar, max * sizeof(*t))) == NULL)
    {
        return PL_NOMEM;
    }

    tokens_languages(ts, language);

    for (; at < text.len; at += c.len) {
        c = tokens_char(text, at);

        if (c.what == TOKENS_GONE) {
            continue;
        }

        gap = c.what == TOKENS_SPACE || c.what == TOKENS_HARD;
        if (gap || tokens_joined(text, at, c)) {
            spaced = spaced || gap;
            hard = c.what == TOKENS_HARD;
            t = NULL;
            continue;
        }

        if (t == NULL || c.what == TOKENS_SIGN
            || (t->kind == PL_TOKEN_WORD) != (c.what == TOKENS_LETTER)
            || t->kind == PL_TOKEN_SIGN)
        {
            full = ts->n == max;
            if (full) {
                break;
            }

            t = &ts->tokens[ts->n++];
            t->kind = c.what == TOKENS_LETTER ? PL_TOKEN_WORD
                      : c.what == TOKENS_DIGIT ? PL_TOKEN_DIGITS
                      : PL_TOKEN_SIGN;
            t->spaced = spaced;
            t->hard = hard;
            t->sign = c.sign;
            t->from = at;
        }

        t->to = at + c.len;
        spaced = hard = false;
    }

    if (cut != NULL) {
        *cut = full;
    }

    *tokens = ts;
    return tokens_texts(ts, text, ar);
}


/* The folded text of words, and the digits of numerals. */

static pl_status_t
tokens_texts(pl_tokens_t *tokens, pl_str_t text, pl_arena_t *ar)
{
    size_t        i;
    pl_token_t   *t;
    pl_status_t   rc;

    for (i = 0; i < tokens->n; i++) {
        t = &tokens->tokens[i];
        rc = t->kind == PL_TOKEN_WORD ? tokens_word(t, text, ar)
             : t->kind == PL_TOKEN_DIGITS ? tokens_digits(t, text, ar)
             : PL_OK;

        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static void
tokens_languages(pl_tokens_t *tokens, const char *language)
{
    char         tag[TOKENS_TAG_MAX];
    size_t       len;
    const char  *p = language == NULL ? "" : language;

    for (; *p != '\0'; p += len) {
        len = strcspn(p, " ,");

        if (len == 0) {
            len = 1;
            continue;
        }

        (void) memset(tag, 0, sizeof(tag));
        memcpy(tag, p, len < sizeof(tag) ? len : sizeof(tag) - 1);
        tokens_language(tokens, tag);
    }

    if (tokens->languages == 0) {
        tokens_speaks(tokens, &tokens_english, tokens_english.tag);
    }
}


static void
tokens_language(pl_tokens_t *tokens, const char *tag)
{
    char                      low[TOKENS_TAG_MAX] = { 0 };
    size_t                    i, len, best = 0;
    const tokens_language_t  *row = NULL;

    for (i = 0; tag[i] != '\0'; i++) {
        low[i] = (char) (tag[i] >= 'A' && tag[i] <= 'Z' ? tag[i] + 32
                         : tag[i] == '_' ? '-' : tag[i]);
    }

    for (i = 0; i < PL_COUNT(tokens_tags); i++) {
        if (low[0] != tokens_tags[i].tag[0]) {
            continue;
        }

        len = strlen(tokens_tags[i].tag);

        if (len > best && strncmp(low, tokens_tags[i].tag, len) == 0
            && (low[len] == '\0' || low[len] == '-'))
        {
            best = len;
            row = &tokens_tags[i];
        }
    }

    if (row != NULL) {
        tokens_speaks(tokens, row, low);
    }
}


static void
tokens_speaks(pl_tokens_t *tokens, const tokens_language_t *row,
    const char *tag)
{
    if (tokens->languages == 0) {
        tokens->first = row->bit;
        tokens->decimal = row->decimal;
        tokens->month_first = strcmp(tag, "en-us") == 0;
        tokens->no_order = strcmp(tag, "en") == 0;
    }

    tokens->languages |= row->bit;
}


/* The code point of a valid sequence. */

static uint32_t
tokens_decode(const uint8_t *p, size_t len)
{
    switch (len) {
    case 1:
        return p[0];
    case 2:
        return ((p[0] & 0x1fu) << 6) | (p[1] & 0x3fu);
    case 3:
        return ((p[0] & 0x0fu) << 12) | ((p[1] & 0x3fu) << 6)
               | (p[2] & 0x3fu);
    default:
        return ((p[0] & 0x07u) << 18) | ((p[1] & 0x3fu) << 12)
               | ((p[2] & 0x3fu) << 6) | (p[3] & 0x3fu);
    }
}


static tokens_char_t
tokens_char(pl_str_t text, size_t at)
{
    bool                   good;
    size_t                 low = 0, high = PL_COUNT(tokens_ranges), mid;
    uint32_t               cp;
    tokens_char_t          c = { TOKENS_LETTER, 0, 0, 0 };
    const tokens_range_t  *r;

    c.cp = text.data[at];
    c.len = 1;

    if ((c.cp | 0x20) >= 'a' && (c.cp | 0x20) <= 'z') {
        return c;                           /* as most are */
    }

    if (c.cp >= '0' && c.cp <= '9') {
        c.what = TOKENS_DIGIT;
        c.sign = '0';
        return c;
    }

    c.len = pl_utf8_step(text.data + at, text.len - at, &good);
    cp = good ? tokens_decode(text.data + at, c.len) : 0xfffd;

    if (cp > 0xff00 && cp < 0xff5e) {
        cp -= 0xfee0;                       /* full width */
    }

    c.cp = cp;

    if ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z') {
        return c;
    }

    while (low < high) {
        mid = (low + high) / 2;
        r = &tokens_ranges[mid];

        if (cp < r->from) {
            high = mid;

        } else if (cp > r->to) {
            low = mid + 1;

        } else {
            c.what = r->what;
            c.sign = r->sign == 0 ? cp : r->sign;
            return c;
        }
    }

    return c;
}


/* An apostrophe between letters: "c'est", "don't", "geht's". */

static bool
tokens_joined(pl_str_t text, size_t at, tokens_char_t c)
{
    size_t  before = at;

    if (c.sign != '\'' || c.what != TOKENS_SIGN || at == 0
        || at + c.len >= text.len)
    {
        return false;
    }

    do {
        before--;
    } while (before > 0 && (text.data[before] & 0xc0) == 0x80);

    return tokens_char(text, before).what == TOKENS_LETTER
           && tokens_char(text, at + c.len).what == TOKENS_LETTER;
}


static pl_status_t
tokens_word(pl_token_t *t, pl_str_t text, pl_arena_t *ar)
{
    pl_str_t     raw;
    pl_status_t  rc;

    raw.data = text.data + t->from;
    raw.len = t->to - t->from;
    rc = pl_unicode_fold(ar, raw, PL_UNICODE_MARKS, &t->text, NULL);

    if (rc == PL_NOMEM) {
        return rc;
    }

    if (rc != PL_OK) {                      /* too long: it is no word */
        t->text = raw;
    }

    return PL_OK;
}


static pl_status_t
tokens_digits(pl_token_t *t, pl_str_t text, pl_arena_t *ar)
{
    size_t         at, n = 0;
    uint8_t       *out;
    pl_str_t       raw;
    tokens_char_t  c;

    raw.data = text.data + t->from;
    raw.len = t->to - t->from;
    out = pl_arena_alloc(ar, raw.len);

    if (out == NULL) {
        return PL_NOMEM;
    }

    for (at = 0; at < raw.len; at += c.len) {
        c = tokens_char(raw, at);

        if (c.what == TOKENS_DIGIT) {
            out[n++] = (uint8_t) ('0' + (c.cp - c.sign));
        }
    }

    t->text.data = out;
    t->text.len = n;

    return PL_OK;
}


static bool
tokens_is(const pl_token_t *t, const char *word, size_t len)
{
    if (t->kind == PL_TOKEN_SIGN) {
        return len == 1 && t->sign == (uint8_t) word[0];
    }

    return t->text.len == len && memcmp(t->text.data, word, len) == 0;
}


size_t
pl_answer_phrase(const pl_tokens_t *tokens, size_t at,
    const pl_phrase_t *rows, size_t n, int *value)
{
    char         lead[TOKENS_LEAD];
    size_t       i, len, best = 0;
    const char  *p;

    if (at >= tokens->n || !tokens_lead(&tokens->tokens[at], lead)) {
        return 0;
    }

    for (i = 0; i < n && best < tokens->n - at; i++) {

        if ((rows[i].languages & tokens->languages) == 0) {
            continue;
        }

        /* hardly any begins so */

        for (p = tokens_begins(rows[i].words, lead); p != NULL;
             p = tokens_next(p, lead))
        {
            p += *p == '|';
            len = tokens_phrase(tokens, at, p);

            if (len > best) {
                best = len;

                if (value != NULL) {
                    *value = rows[i].value;
                }
            }
        }
    }

    return best;
}


/* What stands in a row where a phrase can begin at a token: '|' and bytes. */

static bool
tokens_lead(const pl_token_t *t, char lead[TOKENS_LEAD])
{
    size_t  i;

    lead[0] = '|';

    if (t->kind == PL_TOKEN_SIGN) {
        lead[1] = t->sign < 0x80 ? (char) t->sign : '\0';
        lead[2] = '\0';

    } else {
        for (i = 0; i < t->text.len && i < TOKENS_LEAD - 2; i++) {
            lead[1 + i] = (char) t->text.data[i];
        }

        lead[1 + i] = '\0';
    }

    return lead[1] != '\0';
}


/* The first of a row that may begin so; it has no '|' before it. */

static const char *
tokens_begins(const char *words, const char *lead)
{
    return strncmp(words, lead + 1, strlen(lead + 1)) == 0
           ? words : tokens_next(words, lead);
}


/* From p on. Most are a few bytes apart, for which strstr is a slow way. */

static const char *
tokens_next(const char *p, const char *lead)
{
    for ( /* void */ ; *p != '\0'; p++) {
        if (*p == '|' && p[1] == lead[1]
            && (lead[2] == '\0' || p[2] == lead[2]))
        {
            return p;
        }
    }

    return NULL;
}


/* The tokens of the one phrase that begins at p, or 0. */

static size_t
tokens_phrase(const pl_tokens_t *tokens, size_t at, const char *p)
{
    size_t  n = 0, len;

    for ( ;; ) {
        len = strcspn(p, " |");

        if (n > 0 && *p != '-' && pl_answer_sign(tokens, at + n, '-')
            && !tokens->tokens[at + n].spaced)
        {
            n++;                                        /* "peut-être" */
        }

        if (at + n >= tokens->n
            || !tokens_is(&tokens->tokens[at + n], p, len))
        {
            return 0;
        }

        n++;

        if (p[len] != ' ') {
            return n;
        }

        p += len + 1;
    }
}


bool
pl_answer_sign(const pl_tokens_t *tokens, size_t at, uint32_t sign)
{
    return at < tokens->n && tokens->tokens[at].kind == PL_TOKEN_SIGN
           && tokens->tokens[at].sign == sign;
}


int64_t
pl_answer_digits(pl_str_t digits)
{
    size_t   i;
    int64_t  n = 0;

    if (digits.len > 18) {
        return -1;
    }

    for (i = 0; i < digits.len; i++) {
        n = n * 10 + (digits.data[i] - '0');
    }

    return n;
}
