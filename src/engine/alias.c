/*
 * Forms of one phone number. See alias.h.
 */

#include <string.h>

#include "alias.h"


/* A plan: where the digit stands that only one of both forms has. */
typedef struct {
    const char  *country;
    char         mark;          /* the digit */
    size_t       at;            /* digits before it */
    size_t       len;           /* of the short form */
    size_t       check;         /* in the short form, this digit … */
    const char  *among;         /* … is one of those */
} alias_row_t;


static const alias_row_t *alias_row(const char *phone, size_t len);


/*
 * Brazil: eight-digit numbers that begin with 2 to 5 are landlines, and were
 * never given a ninth digit. In Argentina and Mexico a landline has the same
 * digits as the short form of a mobile number, but no mobile number has the
 * digits of a landline: matching cannot mistake one for the other.
 */

static const alias_row_t  alias_rows[] = {
    { "55", '9', 4, 12, 4, "6789" },
    { "54", '9', 2, 12, 2, "123" },
    { "52", '1', 2, 12, 2, "23456789" },
};


bool
pl_alias_digits(const char *text, char *out, size_t size)
{
    bool    plus;
    size_t  n;

    plus = (text[0] == '+');
    text += plus;

    for (n = 0; text[0] != '\0'; text++) {

        if (plus && n > 0 && strncmp(text, "(0)", 3) == 0) {
            text += 2;                  /* not dialled from abroad */

        } else if (text[0] >= '0' && text[0] <= '9' && n + 1 < size) {
            out[n++] = text[0];

        } else if (strchr(" -()./", text[0]) == NULL) {
            return false;
        }
    }

    out[n] = '\0';

    return n > 0;
}


bool
pl_alias_other(const char *phone, char out[PL_ALIAS_MAX])
{
    size_t              len;
    const alias_row_t  *row;

    if (phone == NULL) {
        return false;
    }

    len = strlen(phone);

    if (len != strspn(phone, "0123456789")
        || (row = alias_row(phone, len)) == NULL)
    {
        return false;
    }

    memcpy(out, phone, row->at);

    if (len == row->len) {
        out[row->at] = row->mark;
        memcpy(out + row->at + 1, phone + row->at, len - row->at + 1);

    } else {
        memcpy(out + row->at, phone + row->at + 1, len - row->at);
    }

    return true;
}


bool
pl_alias_same(const char *a, const char *b)
{
    char  other[PL_ALIAS_MAX];

    return pl_alias_other(a, other) && strcmp(other, b) == 0;
}


static const alias_row_t *
alias_row(const char *phone, size_t len)
{
    char                digit;
    size_t              i;
    const alias_row_t  *row;

    for (i = 0; i < PL_COUNT(alias_rows); i++) {
        row = &alias_rows[i];

        if (strncmp(phone, row->country, strlen(row->country)) != 0) {
            continue;
        }

        if (len == row->len) {
            digit = phone[row->check];

        } else if (len == row->len + 1 && phone[row->at] == row->mark) {
            digit = phone[row->check + (row->check >= row->at)];

        } else {
            return NULL;
        }

        return strchr(row->among, digit) != NULL ? row : NULL;
    }

    return NULL;
}
