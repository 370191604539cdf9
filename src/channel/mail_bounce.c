/*
 * Whether it is the address that takes no mail (a hard bounce), by the codes
 * of RFC 3463: what is refused for its size, its words, or for now says
 * nothing of the address.
 */

#include <string.h>

#include "../core/pl.h"
#include "smtp.h"

static bool bounce_number(const char **p, int *out);


bool
pl_mail_unreachable(int class, int subject, int detail)
{
    size_t  i;

    static const struct {
        int  subject;
        int  detail;
    } rows[] = {
        { 1, 1 },               /* no such mailbox */
        { 1, 2 },               /* no such system */
        { 1, 3 },               /* no address at all */
        { 1, 6 },               /* it has moved, and left none */
        { 1, 10 },              /* a domain that takes no mail: RFC 7505 */
        { 2, 1 },               /* a mailbox that is closed */
    };

    for (i = 0; class == 5 && i < PL_COUNT(rows); i++) {
        if (rows[i].subject == subject && rows[i].detail == detail) {
            return true;
        }
    }

    return false;
}


bool
pl_mail_unreachable_said(const char *text, bool otherwise)
{
    int          class, subject, detail;
    bool         begins = true;
    const char  *p, *q;

    for (p = text; p != NULL && *p != '\0'; p++) {
        q = p;

        if (begins && bounce_number(&q, &class) && *q++ == '.'
            && bounce_number(&q, &subject) && *q++ == '.'
            && bounce_number(&q, &detail)
            && !(*q == '.' && q[1] >= '0' && q[1] <= '9')
            && (class == 4 || class == 5) && subject + detail != 0)
        {
            return pl_mail_unreachable(class, subject, detail);
        }

        begins = strchr(" -(;#\t[", *p) != NULL;      /* not in a name */
    }

    return otherwise;
}


/* Of one to three digits; *p is behind it. */

static bool
bounce_number(const char **p, int *out)
{
    size_t  i, n = strspn(*p, "0123456789");

    for (*out = 0, i = 0; n <= 3 && i < n; i++) {
        *out = *out * 10 + ((*p)[i] - '0');
    }

    *p += n;

    return n >= 1 && n <= 3;
}
