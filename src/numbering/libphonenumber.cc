/*
 * The one door to libphonenumber (Debian: libphonenumber-dev), a shared
 * object of its own: see face.h.
 */

#include <dlfcn.h>
#include <limits.h>
#include <sys/stat.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <string>

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include "face.h"

extern "C" __attribute__((visibility("default")))
const pl_numbering_face_t *pl_numbering_face(void);

namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/* Before it there was no libphonenumber: a file's date is none of its own. */
constexpr int64_t  first_release_s = 1262304000;        /* 2010-01-01 */

/* The library does not promise that one instance may be shared. */
std::mutex  door;


bool
number_well(const char *number)
{
    size_t  n;

    if (number == nullptr || number[0] != '+') {
        return false;
    }

    n = strspn(number + 1, "0123456789");

    return n >= 1 && n <= PL_NUMBERING_DIGITS && number[1 + n] == '\0';
}


pl_numbering_kind_e
kind_of(PhoneNumberUtil::PhoneNumberType type)
{
    switch (type) {
    case PhoneNumberUtil::FIXED_LINE:
        return PL_NUMBERING_FIXED_LINE;
    case PhoneNumberUtil::MOBILE:
        return PL_NUMBERING_MOBILE;
    case PhoneNumberUtil::FIXED_LINE_OR_MOBILE:
        return PL_NUMBERING_FIXED_LINE_OR_MOBILE;
    case PhoneNumberUtil::TOLL_FREE:
        return PL_NUMBERING_TOLL_FREE;
    case PhoneNumberUtil::PREMIUM_RATE:
        return PL_NUMBERING_PREMIUM_RATE;
    case PhoneNumberUtil::SHARED_COST:
        return PL_NUMBERING_SHARED_COST;
    case PhoneNumberUtil::VOIP:
        return PL_NUMBERING_VOIP;
    case PhoneNumberUtil::PERSONAL_NUMBER:
        return PL_NUMBERING_PERSONAL;
    case PhoneNumberUtil::PAGER:
        return PL_NUMBERING_PAGER;
    case PhoneNumberUtil::UAN:
        return PL_NUMBERING_UNIVERSAL;
    case PhoneNumberUtil::VOICEMAIL:
        return PL_NUMBERING_VOICEMAIL;
    default:
        return PL_NUMBERING_UNKNOWN;
    }
}


pl_numbering_length_e
length_of(PhoneNumberUtil::ValidationResult result)
{
    switch (result) {
    case PhoneNumberUtil::IS_POSSIBLE:
        return PL_NUMBERING_POSSIBLE;
    case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY:
        return PL_NUMBERING_LOCAL;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE:
        return PL_NUMBERING_NO_COUNTRY;
    case PhoneNumberUtil::TOO_SHORT:
        return PL_NUMBERING_TOO_SHORT;
    case PhoneNumberUtil::TOO_LONG:
        return PL_NUMBERING_TOO_LONG;
    default:
        return PL_NUMBERING_ODD_LENGTH;
    }
}


/* Of a number that it takes apart no further. */

pl_numbering_length_e
length_of(PhoneNumberUtil::ErrorType error)
{
    switch (error) {
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
        return PL_NUMBERING_NO_COUNTRY;
    case PhoneNumberUtil::TOO_LONG_NSN:
        return PL_NUMBERING_TOO_LONG;
    default:
        return PL_NUMBERING_TOO_SHORT;
    }
}


/* What does not fit is left out: half a number would be another one. */

void
text_put(char *to, size_t room, const std::string &text)
{
    if (text.size() < room && text.find('\0') == std::string::npos) {
        memcpy(to, text.c_str(), text.size() + 1);
    }
}


void
number_explain(const char *number, pl_numbering_facts_t *facts)
{
    std::string             text;
    PhoneNumber             parsed;
    const PhoneNumberUtil  &util = *PhoneNumberUtil::GetInstance();

    const auto  error = util.Parse(number, "ZZ", &parsed);

    if (error != PhoneNumberUtil::NO_PARSING_ERROR) {
        facts->length = length_of(error);
        return;
    }

    facts->code = static_cast<unsigned>(parsed.country_code());
    facts->length = length_of(util.IsPossibleNumberWithReason(parsed));
    facts->valid = util.IsValidNumber(parsed);
    facts->kind = kind_of(util.GetNumberType(parsed));

    /* "ZZ" is nobody's, "001" the world's */

    util.GetRegionCodeForNumber(parsed, &text);

    if (text.size() == 2 && text != "ZZ") {
        text_put(facts->country, sizeof(facts->country), text);
    }

    util.Format(parsed, PhoneNumberUtil::NATIONAL, &text);
    text_put(facts->national, sizeof(facts->national), text);

    util.Format(parsed, PhoneNumberUtil::INTERNATIONAL, &text);
    text_put(facts->international, sizeof(facts->international), text);
}


pl_numbering_status_e
face_explain(const char *number, pl_numbering_facts_t *facts) noexcept
{
    pl_numbering_status_e  status = PL_NUMBERING_OK;

    memset(facts, 0, sizeof(*facts));

    if (!number_well(number)) {
        return PL_NUMBERING_NONE;
    }

    try {
        std::lock_guard<std::mutex>  guard(door);

        number_explain(number, facts);

    } catch (const std::bad_alloc &) {
        status = PL_NUMBERING_NOMEM;

    } catch (...) {
        status = PL_NUMBERING_FAILED;
    }

    if (status != PL_NUMBERING_OK) {
        memset(facts, 0, sizeof(*facts));
    }

    return status;
}


/*
 * The library says neither its version nor how old its data is. Its file has
 * the one in its name and the other in its date, which a package keeps from
 * when it was made: the data is not younger than that.
 */

void
file_about(const char *file, char *version, size_t room, int64_t *made_s)
{
    char         path[PATH_MAX];
    struct stat  st;
    const char  *dot;

    if (realpath(file, path) == nullptr || stat(path, &st) != 0) {
        return;
    }

    if (st.st_mtime >= first_release_s) {
        *made_s = st.st_mtime;
    }

    dot = strstr(path, ".so.");

    if (dot != nullptr && strlen(dot + 4) < room) {
        memcpy(version, dot + 4, strlen(dot + 4) + 1);
    }
}


pl_numbering_status_e
face_about(pl_numbering_about_t *about) noexcept
{
    Dl_info      library;
    static char  version[32];

    memset(about, 0, sizeof(*about));
    about->name = "libphonenumber";
    about->version = version;

    try {
        std::lock_guard<std::mutex>  guard(door);

        /* reads all that it has: what is broken shows now */
        (void) PhoneNumberUtil::GetInstance();

        if (dladdr(reinterpret_cast<void *>(&PhoneNumberUtil::GetInstance),
                   &library) != 0)
        {
            file_about(library.dli_fname, version, sizeof(version),
                       &about->not_after_s);
        }

    } catch (const std::bad_alloc &) {
        return PL_NUMBERING_NOMEM;

    } catch (...) {
        return PL_NUMBERING_FAILED;
    }

    return PL_NUMBERING_OK;
}


const pl_numbering_face_t  face = {
    PL_NUMBERING_FACE, face_about, face_explain
};

}


const pl_numbering_face_t *
pl_numbering_face(void)
{
    return &face;
}
