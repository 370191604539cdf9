/*
 * Dates in what is said. A variable holds a date as 2027-03-28, and with a
 * time as 2027-03-28T14:30: so it is compared, and armed by. In a text it is
 * written as the text's language does; a language that has no row here, and
 * a value that is anything else, stays as it is.
 */

#include <stdio.h>
#include <string.h>

#include "flow_impl.h"

#define DATE_LEN  10            /* 2027-03-28 */
#define TIME_LEN  6             /* T14:30 */

typedef struct {
    const char  *language;      /* or its first part */
    const char  *form;          /* d: day, m: month, M: its name, y: year;
                                   D and N: day and month with two digits */
} date_form_t;

/* The whole name first: en_US is told from en. */
static const date_form_t  date_forms[] = {
    { "en_US", "M d, y" }, { "en", "d M y" },
    { "de", "d.m.y" }, { "da", "d.m.y" }, { "nb", "d.m.y" },
    { "no", "d.m.y" }, { "fi", "d.m.y" }, { "cs", "d. m. y" },
    { "sk", "d. m. y" }, { "sl", "d. m. y" }, { "hr", "d. m. y." },
    { "pl", "D.N.y" }, { "ru", "D.N.y" }, { "uk", "D.N.y" },
    { "ro", "D.N.y" }, { "tr", "D.N.y" }, { "bg", "D.N.y" },
    { "es", "d/m/y" }, { "ca", "d/m/y" }, { "it", "d/m/y" },
    { "fr", "D/N/y" }, { "pt", "D/N/y" }, { "el", "d/m/y" },
    { "nl", "d-m-y" },
};

static const char *const  date_months[] = {
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December"
};

static const char *date_form(const char *language);
static bool date_digits(const char *value, unsigned from, unsigned n,
    unsigned *out);


bool
pl_flow_date(const char *language, const char *value,
    char out[PL_FLOW_DATE_MAX])
{
    size_t       len, n;
    unsigned     y, m, d, hour, minute;
    const char  *f;

    len = strlen(value);

    if ((len != DATE_LEN && len != DATE_LEN + TIME_LEN)
        || !date_digits(value, 0, 4, &y) || value[4] != '-'
        || !date_digits(value, 5, 2, &m) || value[7] != '-'
        || !date_digits(value, 8, 2, &d) || m < 1 || m > 12 || d < 1
        || d > 31)
    {
        return false;
    }

    if (len != DATE_LEN
        && (value[DATE_LEN] != 'T' || value[13] != ':'
            || !date_digits(value, 11, 2, &hour)
            || !date_digits(value, 14, 2, &minute)))
    {
        return false;
    }

    f = language == NULL ? NULL : date_form(language);
    if (f == NULL) {
        return false;
    }

    for (n = 0; *f != '\0' && n < PL_FLOW_DATE_MAX; f++) {
        n += (size_t) (
            *f == 'd' ? snprintf(out + n, PL_FLOW_DATE_MAX - n, "%u", d)
            : *f == 'D' ? snprintf(out + n, PL_FLOW_DATE_MAX - n, "%02u", d)
            : *f == 'm' ? snprintf(out + n, PL_FLOW_DATE_MAX - n, "%u", m)
            : *f == 'N' ? snprintf(out + n, PL_FLOW_DATE_MAX - n, "%02u", m)
            : *f == 'M' ? snprintf(out + n, PL_FLOW_DATE_MAX - n, "%s",
                                   date_months[m - 1])
            : *f == 'y' ? snprintf(out + n, PL_FLOW_DATE_MAX - n, "%04u", y)
            : snprintf(out + n, PL_FLOW_DATE_MAX - n, "%c", *f));
    }

    if (len != DATE_LEN && n < PL_FLOW_DATE_MAX) {
        (void) snprintf(out + n, PL_FLOW_DATE_MAX - n, ", %s",
                        value + DATE_LEN + 1);
    }

    return true;
}


static const char *
date_form(const char *language)
{
    size_t       i, k, len;
    const char  *name;

    for (i = 0; i < PL_COUNT(date_forms); i++) {
        name = date_forms[i].language;
        len = strlen(name);

        for (k = 0; k < len && (language[k] == name[k]
                                || (language[k] == '-' && name[k] == '_'));
             k++)
        {
            /* void */
        }

        if (k == len
            && (language[len] == '\0' || language[len] == '_'
                || language[len] == '-'))
        {
            return date_forms[i].form;
        }
    }

    return NULL;
}


static bool
date_digits(const char *value, unsigned from, unsigned n, unsigned *out)
{
    unsigned  i;

    for (i = from, *out = 0; i < from + n; i++) {
        if (value[i] < '0' || value[i] > '9') {
            return false;
        }

        *out = *out * 10 + (unsigned) (value[i] - '0');
    }

    return true;
}
