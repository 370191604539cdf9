/*
 * See unsubscribe.h.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "unsubscribe.h"

#define UNSUBSCRIBE_FIELD  "List-Unsubscribe"
#define UNSUBSCRIBE_VALUE  "One-Click"

static bool unsubscribe_mark(pl_str_t *rest,
    char out[PL_MAIL_MARK_MAX + 1]);
static bool unsubscribe_number(pl_str_t *rest, uint64_t max, uint64_t *out);
static pl_status_t unsubscribe_proof(pl_mac_t *mac,
    const pl_unsubscribe_t *of, char out[PL_MAIL_PROOF_SIZE]);


pl_status_t
pl_unsubscribe_token(pl_mac_t *mac, const pl_unsubscribe_t *of,
    char out[PL_UNSUBSCRIBE_MAX])
{
    char         proof[PL_MAIL_PROOF_SIZE];
    pl_status_t  rc;

    rc = unsubscribe_proof(mac, of, proof);

    if (rc == PL_OK) {
        (void) snprintf(out, PL_UNSUBSCRIBE_MAX, "%s.%lu.%lu.%llu.%s",
                        of->mark, (unsigned long) of->tenant,
                        (unsigned long) of->channel,
                        (unsigned long long) of->contact, proof);
    }

    return rc;
}


pl_status_t
pl_unsubscribe_check(pl_mac_t *mac, const char *mark, pl_str_t token,
    pl_unsubscribe_t *out)
{
    char          proof[PL_MAIL_PROOF_SIZE];
    uint64_t      tenant, channel;
    pl_status_t   rc;

    if (token.len >= PL_UNSUBSCRIBE_MAX
        || !unsubscribe_mark(&token, out->mark)
        || !unsubscribe_number(&token, UINT32_MAX, &tenant)
        || !unsubscribe_number(&token, UINT32_MAX, &channel)
        || !unsubscribe_number(&token, UINT64_MAX, &out->contact))
    {
        return PL_DENIED;
    }

    out->tenant = (uint32_t) tenant;
    out->channel = (uint32_t) channel;

    rc = unsubscribe_proof(mac, out, proof);

    return rc != PL_OK ? rc
           : !pl_crypto_equal(token, pl_str_c(proof)) ? PL_DENIED
           : strcmp(out->mark, mark) != 0 ? PL_FOREIGN : PL_OK;
}


/*
 * As a form's one field, or as a part of a multipart one: its name, an empty
 * line, its value. What else a form has is nobody's business.
 */

bool
pl_unsubscribe_body(pl_str_t body)
{
    char         text[PL_UNSUBSCRIBE_BODY_MAX + 1];
    size_t       len = sizeof(UNSUBSCRIBE_FIELD "=" UNSUBSCRIBE_VALUE) - 1;
    const char  *p;

    if (body.len == 0 || body.len > PL_UNSUBSCRIBE_BODY_MAX
        || memchr(body.data, '\0', body.len) != NULL)
    {
        return false;
    }

    memcpy(text, body.data, body.len);
    text[body.len] = '\0';

    if (strncmp(text, UNSUBSCRIBE_FIELD "=" UNSUBSCRIBE_VALUE, len) == 0) {
        return text[len] == '\0' || strchr("&\r\n", text[len]) != NULL;
    }

    if (strncmp(text, "--", 2) != 0) {
        return false;
    }

    p = strstr(text, "name=\"" UNSUBSCRIBE_FIELD "\"");
    p = p == NULL ? NULL : strstr(p, "\r\n\r\n");

    return p != NULL
           && strncmp(p + 4, UNSUBSCRIBE_VALUE "\r\n",
                      sizeof(UNSUBSCRIBE_VALUE "\r\n") - 1) == 0;
}


/* With a dot behind it, as the numbers. */

static bool
unsubscribe_mark(pl_str_t *rest, char out[PL_MAIL_MARK_MAX + 1])
{
    size_t  n;

    for (n = 0; n < rest->len && n < PL_MAIL_MARK_MAX
                && strchr("0123456789abcdef", rest->data[n]) != NULL
                && rest->data[n] != '\0'; n++)
    {
        out[n] = (char) rest->data[n];
    }

    if (n == 0 || n == rest->len || rest->data[n] != '.') {
        return false;
    }

    out[n] = '\0';
    rest->data += n + 1;
    rest->len -= n + 1;

    return true;
}


/* One way to write it: no sign, no leading zero; and a dot behind it. */

static bool
unsubscribe_number(pl_str_t *rest, uint64_t max, uint64_t *out)
{
    size_t    i;
    uint64_t  n = 0, digit;

    for (i = 0; i < rest->len && rest->data[i] >= '0'
                && rest->data[i] <= '9'; i++)
    {
        digit = (uint64_t) (rest->data[i] - '0');

        if (n > (max - digit) / 10) {
            return false;
        }

        n = n * 10 + digit;
    }

    if (i == 0 || i == rest->len || rest->data[i] != '.'
        || (rest->data[0] == '0' && i > 1))
    {
        return false;
    }

    rest->data += i + 1;
    rest->len -= i + 1;
    *out = n;

    return true;
}


/* Of no mail: its proof speaks for the person, whatever was sent them. */

static pl_status_t
unsubscribe_proof(pl_mac_t *mac, const pl_unsubscribe_t *of,
    char out[PL_MAIL_PROOF_SIZE])
{
    uint8_t   numbers[24];
    pl_str_t  pieces[4];

    pl_be64_put(numbers, of->tenant);
    pl_be64_put(numbers + 8, of->channel);
    pl_be64_put(numbers + 16, of->contact);

    pieces[0] = PL_STR("parley unsubscribe\0");
    pieces[1] = pl_str_c(of->mark);
    pieces[2] = PL_STR("\0");
    pieces[3].data = numbers;
    pieces[3].len = sizeof(numbers);

    return pl_mail_sign(mac, pieces, PL_COUNT(pieces), out);
}
