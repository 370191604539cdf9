/*
 * See sms.h.
 */

#include <string.h>

#include "../core/gsm.h"
#include "../core/str.h"
#include "channel.h"
#include "sms.h"

#define SMS_GROWS  3                    /* an ellipsis is as long as three
                                           dots: a text never grows */


typedef struct {
    const char  *from;
    const char  *to;
} sms_row_t;


static const sms_row_t *sms_row(const char *s);


static const sms_row_t sms_rows[] = {
    { "\xe2\x80\x98", "'" },            /* quotes */
    { "\xe2\x80\x99", "'" },
    { "\xe2\x80\x9a", "'" },
    { "\xe2\x80\x9b", "'" },
    { "\xe2\x80\xb2", "'" },
    { "\xe2\x80\x9c", "\"" },
    { "\xe2\x80\x9d", "\"" },
    { "\xe2\x80\x9e", "\"" },
    { "\xe2\x80\x9f", "\"" },
    { "\xe2\x80\xb3", "\"" },
    { "\xc2\xab", "\"" },
    { "\xc2\xbb", "\"" },
    { "\xe2\x80\xb9", "<" },
    { "\xe2\x80\xba", ">" },
    { "\xc2\xb4", "'" },
    { "`", "'" },
    { "\xe2\x80\x90", "-" },            /* dashes */
    { "\xe2\x80\x91", "-" },
    { "\xe2\x80\x92", "-" },
    { "\xe2\x80\x93", "-" },
    { "\xe2\x80\x94", "-" },
    { "\xe2\x80\x95", "-" },
    { "\xe2\x88\x92", "-" },
    { "\xc2\xad", "" },
    { "\xe2\x80\xa2", "*" },            /* bullets */
    { "\xc2\xb7", "." },
    { "\xe2\x80\xa6", "..." },
    { "\xc2\xa0", " " },                /* spaces */
    { "\xe2\x80\x82", " " },
    { "\xe2\x80\x83", " " },
    { "\xe2\x80\x89", " " },
    { "\xe2\x80\xaf", " " },
    { "\t", " " },
    { "\xe2\x80\x8b", "" },             /* of no width */
    { "\xef\xbb\xbf", "" },
};


const char *
pl_sms_smart(pl_arena_t *ar, const char *text)
{
    char             *out, *p;
    const char       *s;
    const sms_row_t  *row;

    for (s = text; *s != '\0' && sms_row(s) == NULL; s++) {
        /* void */
    }

    if (*s == '\0') {
        return text;
    }

    out = pl_arena_alloc(ar, strlen(text) + SMS_GROWS);
    if (out == NULL) {
        return NULL;
    }

    for (s = text, p = out; *s != '\0'; /* void */ ) {
        row = sms_row(s);

        if (row == NULL) {
            *p++ = *s++;
            continue;
        }

        memcpy(p, row->to, strlen(row->to));
        p += strlen(row->to);
        s += strlen(row->from);
    }

    *p = '\0';

    return out;
}


uint32_t
pl_sms_segments(pl_arena_t *ar, const Pl__ChannelSettings *channel,
    const Pl__Content *content)
{
    pl_gsm_t             gsm;
    const char          *text;
    const pl_channel_t  *provider;

    provider = pl_channel_find(pl_str_c(channel->provider));

    if (content == NULL || content->of_case != PL__CONTENT__OF_TEXT
        || pl_channel_windows(provider, channel))
    {
        return 0;
    }

    text = content->text->body;

    if (channel->has_smart && channel->smart) {
        text = pl_sms_smart(ar, text);
    }

    if (text == NULL) {
        return 0;
    }

    pl_gsm_count(pl_str_c(text), &gsm);

    return gsm.segments;
}


static const sms_row_t *
sms_row(const char *s)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(sms_rows); i++) {
        if (strncmp(s, sms_rows[i].from, strlen(sms_rows[i].from)) == 0) {
            return &sms_rows[i];
        }
    }

    return NULL;
}
