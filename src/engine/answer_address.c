/*
 * An email address or a telephone number, alone or within a sentence.
 *
 * An email address is what people have: a local part of the characters that
 * need no quotes, a domain of labels with a top level of letters. Quoted
 * parts and addresses in brackets are legal and never somebody's answer.
 */

#include <string.h>

#include "../core/str.h"
#include "answer_impl.h"

#define ADDRESS_LOCAL_MAX   64          /* RFC 5321, 4.5.3.1 */
#define ADDRESS_EMAIL_MAX   254
#define ADDRESS_LABEL_MAX   63
#define ADDRESS_PHONE_MIN   8           /* digits */
#define ADDRESS_PHONE_MAX   15          /* E.164 */
#define ADDRESS_YEAR_MIN    1900        /* of a day, which is no number */
#define ADDRESS_YEAR_MAX    2200

static bool address_email(pl_str_t s);
static bool address_domain(pl_str_t s);
static pl_status_t address_find(pl_str_t text, pl_arena_t *ar,
    pl_reading_t *out);
static pl_status_t address_phone(const pl_tokens_t *tokens, pl_arena_t *ar,
    pl_reading_t *out);
static size_t address_digits(const pl_tokens_t *tokens, size_t at,
    bool plus, char *digits, size_t *end);
static bool address_trunk(const pl_tokens_t *tokens, size_t at);
static bool address_date(const pl_tokens_t *tokens, size_t at);
static int64_t address_group(const pl_tokens_t *tokens, size_t *at,
    size_t *len, uint32_t *sign);
static bool address_part(const pl_tokens_t *tokens, size_t at);
static bool address_alnum(uint8_t c);


pl_status_t
pl_answer_address(const pl_question_t *question, const pl_tokens_t *tokens,
    pl_str_t text, pl_arena_t *ar, pl_reading_t *out)
{
    return question->kind == PL_ANSWER_EMAIL
           ? address_find(text, ar, out)
           : address_phone(tokens, ar, out);
}


/* ---- email ---------------------------------------------------------- */

/* Words with an '@', marks around them taken off. Two are unclear. */

static pl_status_t
address_find(pl_str_t text, pl_arena_t *ar, pl_reading_t *out)
{
    char        *value;
    size_t       i = 0, j, found = 0;
    pl_str_t     s, one = PL_STR_NULL;
    const char  *around = "<>()[]{}\"'`,;:!?.";

    for (; i < text.len; i = j + 1) {

        for (j = i; j < text.len && text.data[j] > ' '; j++) {
            continue;
        }

        s = (pl_str_t) { text.data + i, j - i };

        if (s.len > 7 && memcmp(s.data, "mailto:", 7) == 0) {
            s.data += 7;
            s.len -= 7;
        }

        while (s.len > 0 && s.data[0] != '.'
               && strchr(around, s.data[0]) != NULL)
        {
            s.data++;
            s.len--;
        }

        while (s.len > 0 && strchr(around, s.data[s.len - 1]) != NULL) {
            s.len--;
        }

        if (s.len == 0 || memchr(s.data, '@', s.len) == NULL) {
            continue;
        }

        found += address_email(s) ? 1 : 2;
        one = s;
    }

    if (found != 1) {
        if (found > 1) {
            pl_answer_tell(out, PL_ANSWER_UNCLEAR, "address");
        }

        return PL_OK;
    }

    value = pl_arena_str(ar, one);
    if (value == NULL) {
        return PL_NOMEM;
    }

    for (i = one.len; i > 0 && value[i - 1] != '@'; i--) {
        if (value[i - 1] >= 'A' && value[i - 1] <= 'Z') {
            value[i - 1] = (char) (value[i - 1] + 32);
        }
    }

    out->meant = PL_ANSWER_READ;
    out->value = value;
    out->from = (size_t) (one.data - text.data);
    out->to = out->from + one.len;

    return PL_OK;
}


static bool
address_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z');
}


static bool
address_email(pl_str_t s)
{
    size_t          i, len;
    const uint8_t  *at;

    at = memchr(s.data, '@', s.len);
    len = (size_t) (at - s.data);

    if (len == 0 || len > ADDRESS_LOCAL_MAX || s.len > ADDRESS_EMAIL_MAX
        || s.data[0] == '.' || at[-1] == '.')
    {
        return false;
    }

    for (i = 0; i < len; i++) {
        if (!address_alnum(s.data[i])
            && strchr(".!#$%&'*+/=?^_`{|}~-", s.data[i]) == NULL)
        {
            return false;
        }

        if (s.data[i] == '.' && s.data[i + 1] == '.') {
            return false;
        }
    }

    return address_domain((pl_str_t) { at + 1, s.len - len - 1 });
}


static bool
address_domain(pl_str_t s)
{
    bool    letters = true;
    size_t  i, label = 0, labels = 1;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] == '.') {

            if (label == 0 || s.data[i - 1] == '-') {
                return false;
            }

            label = 0;
            labels++;
            letters = true;
            continue;
        }

        if (!(address_alnum(s.data[i]) || s.data[i] >= 0x80
              || (s.data[i] == '-' && label > 0))
            || ++label > ADDRESS_LABEL_MAX)
        {
            return false;
        }

        letters = letters && !(s.data[i] >= '0' && s.data[i] <= '9');
    }

    return labels > 1 && label > 1 && letters && s.data[s.len - 1] != '-';
}


/* ---- telephone ------------------------------------------------------ */

/* May a token be inside a telephone number, behind its first digits? */

static bool
address_part(const pl_tokens_t *tokens, size_t at)
{
    const pl_token_t  *t = &tokens->tokens[at];

    return t->kind == PL_TOKEN_DIGITS
           || (t->kind == PL_TOKEN_SIGN
               && (t->sign == '-' || t->sign == '/' || t->sign == '.'
                   || t->sign == '(' || t->sign == ')'));
}


/* The 0 of "+49 (0)30" is not dialled from abroad. */

static bool
address_trunk(const pl_tokens_t *tokens, size_t at)
{
    const pl_token_t  *t = &tokens->tokens[at];

    return at > 0 && t->text.len == 1 && t->text.data[0] == '0'
           && pl_answer_sign(tokens, at - 1, '(')
           && pl_answer_sign(tokens, at + 1, ')');
}


/* The digits of a run from a token on; *end is the token behind it. */

static size_t
address_digits(const pl_tokens_t *tokens, size_t at, bool plus,
    char *digits, size_t *end)
{
    size_t             i, k, n = 0;
    const pl_token_t  *t = tokens->tokens;

    for (i = at; i < tokens->n && address_part(tokens, i); i++) {

        if (t[i].kind != PL_TOKEN_DIGITS
            || (plus && n > 0 && address_trunk(tokens, i)))
        {
            continue;
        }

        for (k = 0; k < t[i].text.len; k++, n++) {
            if (n < ADDRESS_PHONE_MAX) {
                digits[n] = (char) t[i].text.data[k];
            }
        }
    }

    *end = i;

    return n;
}


/* Does a day stand at a token: "28.03.2027", "2027-03-28"? */

static bool
address_date(const pl_tokens_t *tokens, size_t at)
{
    size_t    first, mid, last;
    int64_t   a, b, c;
    uint32_t  sign = 0, other = 0, end = 0;

    a = address_group(tokens, &at, &first, &sign);
    b = address_group(tokens, &at, &mid, &other);
    c = address_group(tokens, &at, &last, &end);

    if (a < 1 || b < 1 || c < 1 || sign != other || mid > 2) {
        return false;
    }

    if (first == 4) {
        return last <= 2 && a >= ADDRESS_YEAR_MIN && a <= ADDRESS_YEAR_MAX
               && b <= 12 && c <= 31;
    }

    return first <= 2 && last == 4 && c >= ADDRESS_YEAR_MIN
           && c <= ADDRESS_YEAR_MAX
           && ((a <= 31 && b <= 12) || (a <= 12 && b <= 31));
}


/* A group of digits and the sign behind it, 0 for none; -1: there is none. */

static int64_t
address_group(const pl_tokens_t *tokens, size_t *at, size_t *len,
    uint32_t *sign)
{
    const pl_token_t  *t = &tokens->tokens[*at];

    if (*at >= tokens->n || t->kind != PL_TOKEN_DIGITS) {
        return -1;
    }

    *len = t->text.len;
    *sign = 0;
    (*at)++;

    if (*at < tokens->n && t[1].kind == PL_TOKEN_SIGN
        && address_part(tokens, *at))
    {
        *sign = t[1].sign;
        (*at)++;
    }

    return pl_answer_digits(t->text);
}


/* One run of digits and what parts them; a second is unclear. */

static pl_status_t
address_phone(const pl_tokens_t *tokens, pl_arena_t *ar, pl_reading_t *out)
{
    char               digits[ADDRESS_PHONE_MAX + 1];
    bool               plus = false, good = false;
    size_t             i, n, end, runs = 0;
    const pl_token_t  *t = tokens->tokens;

    for (i = 0; i < tokens->n; i = end) {
        end = i + 1;

        if (t[i].kind != PL_TOKEN_DIGITS) {
            continue;
        }

        plus = i > 0 && pl_answer_sign(tokens, i - 1, '+');
        n = address_digits(tokens, i, plus, digits, &end);
        good = n >= ADDRESS_PHONE_MIN && n <= ADDRESS_PHONE_MAX
               && (plus || !address_date(tokens, i));
        digits[good ? n : 0] = '\0';
        out->from = t[i].from;
        out->to = t[end - 1].to;
        runs++;
    }

    if (runs != 1 || !good) {
        if (runs > 0) {
            pl_answer_tell(out, PL_ANSWER_UNCLEAR, "address");
        }

        return PL_OK;
    }

    out->meant = PL_ANSWER_READ;
    out->value = pl_arena_printf(ar, "%s%s", plus ? "+" : "", digits);

    return out->value == NULL ? PL_NOMEM : PL_OK;
}
