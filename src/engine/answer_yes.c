/*
 * Yes or no.
 *
 * Words of either side are looked for, and everything that takes the
 * certainty away: doubt, "but", a negation beside a yes, a question, both
 * sides at once. A yes or no counts where an answer has it: as the first
 * thing that is said, or as the last of a short one ("das ist ja toll" is
 * none). Words that are a yes or a no by themselves and much else in a
 * sentence ("gut", "right", "si", "noch nicht", Spanish "no") count alone, or
 * before a comma.
 */

#include <string.h>

#include "../core/str.h"
#include "answer_impl.h"

#define YES_STRANGE_MAX  12             /* words beside it */
#define YES_STRETCHED_MAX  64           /* bytes of a word so written */
#define YES_LAST_MAX     3              /* words before one that comes last */

typedef enum {
    YES_YES = 1,
    YES_NO,
    YES_SOFT,                           /* a yes where nothing else is said */
    YES_SOFT_NO,
    YES_DOUBT,                          /* "jein", "maybe" */
    YES_NOT,
    YES_BUT,
    YES_FILL,                           /* "danke", "well" */
    YES_STRANGE
} yes_e;

typedef struct {
    size_t          count[YES_STRANGE + 1];
    size_t          before;             /* strange ones before the first */
    bool            asked;
    size_t          from;
    size_t          to;
} yes_seen_t;

static void yes_scan(const pl_question_t *question,
    pl_tokens_t *const *words, const pl_tokens_t *tokens, yes_seen_t *seen);
static pl_status_t yes_words(const pl_question_t *question, pl_arena_t *ar,
    pl_tokens_t ***words);
static size_t yes_own(const pl_question_t *question,
    pl_tokens_t *const *words, const pl_tokens_t *tokens, size_t at,
    size_t least, int *value);
static size_t yes_stretched(const pl_tokens_t *tokens, size_t at,
    int *value);
static bool yes_firm(const pl_tokens_t *tokens, size_t at, size_t n);
static int yes_sign(uint32_t sign);
static const char *yes_refuse(const yes_seen_t *seen);

#define DE   PL_LANG_DE
#define EN   PL_LANG_EN
#define NL   PL_LANG_NL
#define FR   PL_LANG_FR
#define ES   PL_LANG_ES
#define IT   PL_LANG_IT
#define ALL  PL_LANG_ALL

/* Folded; in all languages what means the same in each. */
static const pl_phrase_t  yes_rows[] = {
    { ALL, YES_YES, "ja|yes|oui|yep|yup|yeah|yes please|si si" },
    { ALL, YES_SOFT,
        "ok|okay|okey|oke|o . k|o k|okidoki|100 %|100 pro|+ 1" },
    { ES | IT | FR, YES_SOFT, "si" },
    { DE, YES_YES,
        "zweifellos|ohne zweifel|"
        "jawoll|jou|auf jedenfall|"
        "jo|joa|jep|jepp|jup|jupp|jap|japp|jau|jawohl|jaa|jaaa|jaja|ja klar"
        "|na klar|aber klar|klar doch|klaro|aber ja|aber sicher"
        "|selbstverstandlich|selbstverstaendlich|auf jeden fall"
        "|aufjedenfall|jeden fall|bitte ja|ja bitte|einverstanden|geht klar"
        "|abgemacht|keine frage|ohne frage|ich denke schon|denke schon"
        "|glaube schon|ich glaube schon|ja doch|doch ja|ja schon"
        "|haben wir schon|haben wir bereits|warum auch nicht" },
    { DE, YES_SOFT,
        "j|lauft|laeuft|"
        "klar|sicher|sicherlich|gewiss|natuerlich|naturlich|absolut|gern"
        "|gerne|sehr gern|sehr gerne|passt|passt so|das passt|stimmt"
        "|das stimmt|richtig|genau|korrekt|in ordnung|logisch|logo|freilich"
        "|jederzeit|alles klar|na gut|gut|super|perfekt|sehr gut|haben wir"
        "|tun wir|kein problem|definitiv|unbedingt|machen wir" },
    { EN, YES_YES,
        "no doubt|without a doubt|without doubt|undoubtedly|"
        "yess|yea|"
        "yass|aye|sure thing|of course|definitely|for sure|indeed"
        "|affirmative|by all means|i think so|i believe so|yessir|yes sir"
        "|you bet|very much so|gladly|with pleasure" },
    { EN, YES_SOFT,
        "y|ye|ya|sure|certainly|absolutely|correct|right|that s right"
        "|exactly|fine|great|perfect|deal|agreed|totally|please do|i do"
        "|we do|i am|we are|it is|i have|we have|go ahead|no problem"
        "|no worries|sounds good" },
    { NL, YES_YES,
        "jazeker|zeker weten|ja hoor|jawel|jep|jup|ja graag|inderdaad"
        "|doe maar|ja leuk|tuurlijk|vanzelfsprekend|ik denk het wel"
        "|ik denk van wel" },
    { NL, YES_SOFT,
        "zeker|natuurlijk|uiteraard|absoluut|klopt|dat klopt|prima|goed"
        "|is goed|akkoord|geen probleem|graag|precies|juist" },
    { FR, YES_YES,
        "ouais|ouaip|mais oui|bien sur|bien sur que oui|bien entendu"
        "|tout a fait|volontiers|avec plaisir|ca marche|c est ca|c est bon"
        "|je pense que oui|je crois que oui|sans probleme|carrement" },
    { FR, YES_SOFT,
        "certainement|absolument|exactement|exact|entendu|parfait"
        "|evidemment|effectivement|d accord|daccord|pas de probleme"
        "|pas de souci" },
    { ES, YES_YES,
        "sip|claro que si|por supuesto|desde luego|asi es|sin duda"
        "|con gusto|como no|creo que si|pienso que si|encantado|encantada"
        "|bueno si" },
    { ES, YES_SOFT,
        "claro|vale|correcto|exacto|exactamente|cierto|seguro|perfecto"
        "|de acuerdo|efectivamente|sin problema|ningun problema" },
    { IT, YES_YES,
        "certo che si|certamente|assolutamente|assolutamente si|volentieri"
        "|con piacere|senz altro|credo di si|penso di si" },
    { IT, YES_SOFT,
        "certo|sicuro|sicuramente|va bene|esatto|esattamente|corretto"
        "|giusto|perfetto|ovviamente|naturalmente|d accordo|daccordo"
        "|nessun problema" },

    /* "no entiendo", "non capisco": there it only negates the verb */
    { ES | IT, YES_SOFT_NO, "no" },
    { IT, YES_NOT, "non" },
    { ALL, YES_NO, "nein|no|non|nee|nope|nop|no no" },
    { DE, YES_NO,
        "nein keine|noe|no|nah|nein danke|nee danke|na na|auf keinen fall"
        "|auf gar keinen fall|keinesfalls|keineswegs|nie im leben"
        "|leider nein|definitiv nicht|absolut nicht|naturlich nicht"
        "|kein interesse|kein bedarf|kein bock|keine lust|nix da|negativ" },
    { DE, YES_SOFT_NO,
        "ne|nie|falsch|niemals|noch nicht|nicht mehr|nicht wirklich"
        "|bisher nicht|bislang nicht|gar nicht|uberhaupt nicht"
        "|ich glaube nicht|glaube nicht|glaub nicht|ich denke nicht"
        "|denke nicht|stimmt nicht|passt nicht|nicht richtig"
        "|haben wir nicht|tun wir nicht|nicht gern|nicht gerne"
        "|nicht unbedingt|derzeit keine|aktuell keine|momentan keine"
        "|bisher keine|noch keine|im moment keine|aktuell nicht"
        "|momentan nicht|derzeit nicht|zurzeit nicht|im moment nicht"
        "|gerade nicht|leider nicht|sicher nicht|bestimmt nicht|eher nicht"
        "|lieber nicht" },
    { EN, YES_NO,
        "nah|naw|nay|no thanks|no thank you|no way|of course not"
        "|definitely not|certainly not|absolutely not|i don t think so"
        "|not interested|i m afraid not|unfortunately not" },
    { EN, YES_SOFT_NO,
        "n|never|not yet|not really|not at all|wrong|incorrect|negative"
        "|don t|i don t|we don t|we do not|i do not|i m not|we re not"
        "|we are not|i am not|we haven t|i haven t|not anymore|not now"
        "|not right now|not at the moment|not currently|rather not"
        "|i d rather not" },
    { NL, YES_NO,
        "neen|neuh|nee hoor|nee bedankt|nee dank je|helemaal niet"
        "|zeker niet|absoluut niet|natuurlijk niet|geen interesse"
        "|ik denk het niet|ik denk van niet|geen zin|geenszins" },
    { NL, YES_SOFT_NO,
        "nog niet|niet echt|niet meer|nooit|helaas niet|liever niet|nu niet"
        "|momenteel niet|op dit moment niet|klopt niet|dat klopt niet" },
    { FR, YES_NO,
        "nan|mais non|non merci|absolument pas|certainement pas"
        "|surement pas|bien sur que non|pas interesse|pas interessee"
        "|je ne pense pas|je ne crois pas|je pense que non"
        "|malheureusement pas|pas question|hors de question" },
    { FR, YES_SOFT_NO,
        "pas encore|pas vraiment|pas du tout|jamais|plus maintenant"
        "|pas maintenant|pas pour le moment" },
    { ES, YES_NO,
        "nop|no gracias|para nada|claro que no|por supuesto que no"
        "|de ninguna manera|ni hablar|creo que no|pienso que no|en absoluto" },
    { ES, YES_SOFT_NO,
        "todavia no|aun no|nunca|jamas|tampoco|ahora no|por ahora no"
        "|de momento no|no mucho|no realmente|no me interesa" },
    { IT, YES_NO,
        "no grazie|per niente|assolutamente no|certo che no|ovviamente no"
        "|per nulla|credo di no|penso di no|purtroppo no|non mi interessa"
        "|non interessato|non interessata|neanche per sogno" },
    { IT, YES_SOFT_NO,
        "non ancora|mai|non credo|non penso|al momento no|per ora no"
        "|non proprio" },

    { ALL, YES_DOUBT,
        "jein|ja nein|yes no|si no|oui non|naja|na ja|hm|hmm|hmmm|? !" },
    { DE, YES_DOUBT,
        "jaein|ja ein|vielleicht|eventuell|evtl|eventuel|kommt drauf an"
        "|kommt darauf an|weiss nicht|weiss ich nicht|ich weiss nicht"
        "|ich weiss es nicht|keine ahnung|ka|unsicher|nicht sicher"
        "|bin nicht sicher|bin mir nicht sicher|teils teils|teilweise"
        "|zum teil|mal sehen|mal schauen|schauen wir mal|moglicherweise"
        "|wahrscheinlich|vermutlich|unter umstanden|bedingt|je nachdem"
        "|spater|nicht ganz|warum nicht|wieso nicht|nicht nein|nicht nur"
        "|mehr oder weniger|geht so|so halb|halb|ja und nein|weder noch"
        "|egal|mir egal|muss ich uberlegen|ach ja|nicht schlecht|ob"
        "|verstehe nicht|verstehe ich nicht|nicht verstanden"
        "|versteh ich nicht|fruher|frueher|damals|ehemals|letztes jahr"
        "|voriges jahr|vergangenes jahr|bis vor kurzem" },
    { DE, YES_NO,
        "nein fruher|nein frueher|nein , fruher|nein , frueher|nein damals"
        "|nein , damals" },
    { EN, YES_DOUBT,
        "maybe|perhaps|possibly|probably|probably not|not sure|i m not sure"
        "|unsure|don t know|i don t know|dont know|idk|dunno|no idea"
        "|depends|it depends|kind of|sort of|sometimes|partly|partially"
        "|yes and no|we ll see|let s see|later|why not|no clue|i guess"
        "|might|more or less|whatever|not no|not only|not bad|whether|if"
        "|i don t understand|don t understand|i don t get it|used to"
        "|formerly|previously|in the past|back then|last year" },
    { EN, YES_NO,
        "no we used to|no , we used to|no i used to|no , i used to" },
    { NL, YES_DOUBT,
        "misschien|wellicht|eventueel|mogelijk|waarschijnlijk|ligt eraan|"
        "hangt ervan af|weet niet|weet ik niet|ik weet het niet|geen idee|"
        "niet zeker|soms|deels|gedeeltelijk|ja en nee|we zullen zien|later|"
        "waarom niet|min of meer|niet slecht|maakt niet uit|of|vroeger|"
        "destijds|vorig jaar" },
    { FR, YES_DOUBT,
        "peut etre|possible|possiblement|probablement|ca depend"
        "|je ne sais pas|je sais pas|sais pas|aucune idee|pas sur|pas sure"
        "|parfois|en partie|oui et non|on verra|plus tard|pourquoi pas"
        "|plus ou moins|bof|pas mal|eventuellement|je ne comprends pas"
        "|pas compris|avant|autrefois|jadis|l an dernier" },
    { ES, YES_DOUBT,
        "quizas|quiza|tal vez|a lo mejor|posiblemente|probablemente|depende"
        "|no se|no lo se|ni idea|no estoy seguro|no estoy segura|a veces"
        "|en parte|si y no|ya veremos|mas tarde|luego|por que no"
        "|mas o menos|no esta mal|no entiendo|no tengo idea|antes"
        "|antiguamente|el ano pasado" },
    { IT, YES_DOUBT,
        "forse|magari|probabilmente|possibilmente|dipende|non so|non lo so"
        "|boh|nessuna idea|non sono sicuro|non sono sicura|a volte|in parte"
        "|si e no|vedremo|piu tardi|dopo|perche no|piu o meno|non male"
        "|non capisco|non ho capito|non ho idea|in passato|una volta"
        "|l anno scorso" },

    { DE, YES_NOT,
        "nicht|kein|keine|keinen|keiner|keinem|weder|ohne|nichts|nix|kaum" },
    { EN, YES_NOT,
        "not|don|doesn|didn|isn|aren|wasn|won|can t|cannot|couldn|never|"
        "none|nothing|without|haven|hasn|dont|hardly" },
    { NL, YES_NOT, "niet|geen|zonder|niks|niets|nauwelijks" },
    { FR, YES_NOT, "pas|ne|n|aucun|aucune|sans|rien|ni|plus" },
    { ES, YES_NOT, "ni|sin|ningun|ninguna|ninguno|nada|apenas" },
    { IT, YES_NOT, "ne|senza|nessun|nessuna|nessuno|niente|nulla|appena" },

    { DE, YES_BUT,
        "warum|wieso|weshalb|"
        "aber|jedoch|allerdings|sondern|oder|ausser|obwohl|nur wenn|wenn|"
        "falls|sobald|eigentlich|doch" },
    { EN, YES_BUT,
        "why|how come|"
        "but|however|or|except|although|though|only if|unless|provided" },
    { NL, YES_BUT, "maar|echter|of|behalve|hoewel|tenzij|als|mits" },
    { FR, YES_BUT, "mais|cependant|ou|sauf|toutefois|pourtant|quoique" },
    { ES, YES_BUT, "pero|sin embargo|o|excepto|salvo|aunque|sino" },
    { IT, YES_BUT, "ma|pero|tuttavia|o|oppure|tranne|anche se|se" },

    { DE, YES_FILL,
        "danke|danke dir|vielen dank|bitte|hallo|hi|hey|also|na|ach|oh"
        "|guten tag|guten morgen|guten abend|moin|servus|eindeutig|ganz|dir"
        "|ihnen|schon|aktuell|momentan|derzeit|leider|bisher|im moment"
        "|zur zeit|bis jetzt" },
    { EN, YES_FILL,
        "thanks|thank you|please|hi|hello|hey|well|oh|uh|um|good morning"
        "|then|big|a" },
    { NL, YES_FILL,
        "bedankt|dank je|dank u|dank u wel|alstublieft|aub|hallo|hoi|nou|oh"
        "|goedendag" },
    { FR, YES_FILL,
        "merci|s il vous plait|svp|bonjour|salut|alors|euh|ben|bah" },
    { ES, YES_FILL,
        "gracias|muchas gracias|por favor|hola|pues|bueno|eh|buenos dias" },
    { IT, YES_FILL,
        "grazie|per favore|ciao|allora|beh|eh|dunque|buongiorno" },
};

static const struct {
    uint32_t        sign;
    int             value;
} yes_signs[] = {
    { 0x1f44d, YES_YES },               /* thumbs up */
    { 0x1f44c, YES_YES },               /* the hand that says OK */
    { 0x2705, YES_YES }, { 0x2714, YES_YES }, { 0x2713, YES_YES },
    { 0x2611, YES_YES }, { 0x1f197, YES_YES }, { 0x1f646, YES_YES },
    { 0x1f4af, YES_YES }, { 0x1f91d, YES_YES }, { 0x1f64b, YES_YES },
    { 0x1f44e, YES_NO }, { 0x274c, YES_NO }, { 0x2716, YES_NO },
    { 0x274e, YES_NO }, { 0x1f645, YES_NO }, { 0x1f6ab, YES_NO },
    { 0x26d4, YES_NO }, { 0x2717, YES_NO },
    { 0x1f937, YES_DOUBT }, { 0x1f914, YES_DOUBT }, { 0x1f615, YES_DOUBT },
};


pl_status_t
pl_answer_yes(const pl_question_t *question, const pl_tokens_t *tokens,
    pl_arena_t *ar, pl_reading_t *out)
{
    yes_seen_t     seen = { 0 };
    const char    *reason;
    pl_status_t    rc;
    pl_tokens_t  **words;

    rc = yes_words(question, ar, &words);
    if (rc != PL_OK) {
        return rc;
    }

    yes_scan(question, words, tokens, &seen);

    if (seen.count[YES_STRANGE] == 0) {
        seen.count[YES_YES] += seen.count[YES_SOFT];
        seen.count[YES_NO] += seen.count[YES_SOFT_NO];
    }

    out->from = seen.from;
    out->to = seen.to;

    if (seen.count[YES_YES] + seen.count[YES_NO] == 0) {

        if (seen.count[YES_DOUBT] > 0
            && seen.count[YES_STRANGE] <= YES_LAST_MAX)
        {
            pl_answer_tell(out, PL_ANSWER_UNCLEAR, "doubt");

        } else if (seen.count[YES_NOT] > 0 && seen.count[YES_STRANGE] == 0) {
            pl_answer_tell(out, PL_ANSWER_UNCLEAR, "not");

        } else if (seen.count[YES_SOFT] + seen.count[YES_SOFT_NO] > 0
                   && seen.count[YES_BUT] > 0)
        {
            pl_answer_tell(out, PL_ANSWER_UNCLEAR, "but");
        }

        return PL_OK;
    }

    reason = yes_refuse(&seen);

    if (reason != NULL) {
        pl_answer_tell(out, PL_ANSWER_UNCLEAR, reason);
        return PL_OK;
    }

    out->meant = PL_ANSWER_READ;
    out->value = seen.count[YES_YES] > 0 ? "yes" : "no";

    return PL_OK;
}


/* What takes the certainty away, or NULL. */

static const char *
yes_refuse(const yes_seen_t *seen)
{
    if (seen->count[YES_YES] > 0 && seen->count[YES_NO] > 0) {
        return "two";
    }

    if (seen->count[YES_DOUBT] > 0) {
        return "doubt";
    }

    if (seen->count[YES_YES] > 0
        && seen->count[YES_NOT] + seen->count[YES_SOFT_NO] > 0)
    {
        return "not";
    }

    if (seen->count[YES_BUT] > 0) {
        return "but";
    }

    if (seen->asked) {
        return "question";
    }

    if (seen->count[YES_STRANGE] > YES_STRANGE_MAX) {
        return "long";
    }

    if (seen->before > 0 && (seen->count[YES_STRANGE] > seen->before
                             || seen->before > YES_LAST_MAX))
    {
        return "inside";
    }

    return NULL;
}


static void
yes_scan(const pl_question_t *question, pl_tokens_t *const *words,
    const pl_tokens_t *tokens, yes_seen_t *seen)
{
    int                value;
    size_t             i, n, own;
    const pl_token_t  *t;

    for (i = 0; i < tokens->n; i += n) {
        t = &tokens->tokens[i];
        value = 0;
        n = pl_answer_phrase(tokens, i, yes_rows, PL_COUNT(yes_rows),
                             &value);
        own = yes_own(question, words, tokens, i, n, &value);
        n = own > n ? own : n;
        n = n == 0 ? yes_stretched(tokens, i, &value) : n;

        if (n == 0) {
            n = 1;
            value = t->kind == PL_TOKEN_SIGN ? yes_sign(t->sign)
                                             : YES_STRANGE;
            seen->asked = seen->asked || pl_answer_sign(tokens, i, '?');
        }

        if ((value == YES_SOFT || value == YES_SOFT_NO)
            && yes_firm(tokens, i, n))
        {
            value = value == YES_SOFT ? YES_YES : YES_NO;
        }

        if (seen->count[YES_YES] + seen->count[YES_NO] == 0) {

            seen->before = seen->count[YES_STRANGE];

            if (value >= YES_YES && value <= YES_SOFT_NO) {
                seen->from = t->from;
                seen->to = tokens->tokens[i + n - 1].to;
            }
        }

        seen->count[value]++;
    }
}


/* "jaaaa", "neeein": a letter three times is one. */

static size_t
yes_stretched(const pl_tokens_t *tokens, size_t at, int *value)
{
    size_t       i, n = 0, run = 0;
    uint8_t      text[YES_STRETCHED_MAX];
    pl_str_t     word = tokens->tokens[at].text;
    pl_token_t   token = tokens->tokens[at];
    pl_tokens_t  one = *tokens;

    if (token.kind != PL_TOKEN_WORD || word.len > sizeof(text)) {
        return 0;
    }

    for (i = 0; i < word.len; i++) {
        run = i > 0 && word.data[i] == word.data[i - 1] ? run + 1 : 1;
        text[n++] = word.data[i];

        if (run >= 3) {
            n -= run == 3 ? 2 : 1;
        }
    }

    if (n == word.len) {
        return 0;
    }

    token.text = (pl_str_t) { text, n };
    one.tokens = &token;
    one.n = 1;

    return pl_answer_phrase(&one, 0, yes_rows, PL_COUNT(yes_rows), value);
}


/* Words of the question itself, as tokens: the yes, then the no. */

static pl_status_t
yes_words(const pl_question_t *question, pl_arena_t *ar,
    pl_tokens_t ***words)
{
    size_t        i, n = question->n_yes + question->n_no;
    const char   *text;
    pl_status_t   rc;

    if (question->own != NULL) {
        *words = question->own;
        return PL_OK;
    }

    *words = pl_arena_zalloc(ar, n * sizeof(**words));
    if (*words == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < n; i++) {
        text = i < question->n_yes ? question->yes[i]
                                   : question->no[i - question->n_yes];

        rc = pl_answer_tokens(NULL, pl_str_c(text), ar, &(*words)[i], NULL);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


/* One of them at a token; it counts where it is no shorter than `least`. */

static size_t
yes_own(const pl_question_t *question, pl_tokens_t *const *words,
    const pl_tokens_t *tokens, size_t at, size_t least, int *value)
{
    size_t  i, len, best = 0, n = question->n_yes + question->n_no;

    for (i = 0; i < n; i++) {
        len = pl_answer_match(tokens, at, words[i]);

        if (len > best && len >= least) {
            best = len;
            *value = i < question->n_yes ? YES_YES : YES_NO;
        }
    }

    return best;
}


/*
 * A soft yes is firm before a comma or its like; "sÃ­" is firm by its
 * accent, which "si" (if) has not.
 */
static bool
yes_firm(const pl_tokens_t *tokens, size_t at, size_t n)
{
    const pl_token_t  *t = &tokens->tokens[at];

    return pl_answer_sign(tokens, at + n, ',')
           || pl_answer_sign(tokens, at + n, '.')
           || pl_answer_sign(tokens, at + n, '!')
           || (t->text.len == 2 && t->to - t->from > 2
               && memcmp(t->text.data, "si", 2) == 0);
}


static int
yes_sign(uint32_t sign)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(yes_signs); i++) {
        if (yes_signs[i].sign == sign) {
            return yes_signs[i].value;
        }
    }

    return 0;
}
