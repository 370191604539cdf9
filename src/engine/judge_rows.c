/*
 * The topics that ship, in German and English. A flow may bring its own
 * rows for any of them.
 *
 * Weights of one topic are such that a plain question about it meets the
 * threshold alone ("was kostet das": 700 of 500) and a word in passing does
 * not ("preis" beside something that counters it).
 */

#include <string.h>

#include "judge.h"

static const pl_judge_row_t  judge_price_de[] = {
    { "was kostet*", 700 }, { "wie viel kostet*", 700 },
    { "wieviel kostet*", 700 }, { "wie teuer", 700 },
    { "was wurde das kosten", 700 }, { "was wuerde das kosten", 700 },
    { "was wird das kosten", 700 }, { "kosten", 400 }, { "kostet", 500 },
    { "kostenpunkt", 600 }, { "kostenlos", 300 }, { "*preis", 600 },
    { "*preise", 600 }, { "*preisen", 600 }, { "*preises", 600 },
    { "preis*", 600 }, { "*tarif", 500 }, { "*tarife", 500 },
    { "*gebuhr", 500 }, { "*gebuhren", 500 }, { "*gebuehren", 500 },
    { "*honorar", 500 }, { "rabatt*", 500 }, { "angebot", 300 },
    { "budget", 300 }, { "teuer", 400 }, { "gunstig*", 300 },
    { "bezahlen", 300 }, { "zahlen", 200 }, { "euro", 200 },
    { "monatlich kosten", 600 }, { "in welcher hohe", 300 },
    { "investition", 300 }, { "pauschale", 400 },
    { "preisgekront*", -600 },
};

static const pl_judge_row_t  judge_price_en[] = {
    { "how much", 600 }, { "how much does it cost", 800 },
    { "how much is it", 800 }, { "what does it cost", 800 },
    { "what s the price", 800 }, { "price", 600 }, { "prices", 600 },
    { "pricing", 600 }, { "pricey", 500 }, { "cost", 500 },
    { "costs", 500 }, { "fee", 500 }, { "fees", 500 }, { "rate", 200 },
    { "quote", 400 }, { "discount*", 500 }, { "expensive", 400 },
    { "cheap*", 300 }, { "budget", 300 }, { "pay", 200 },
    { "free of charge", 300 }, { "how much time", -600 },
};

static const pl_judge_row_t  judge_contract_de[] = {
    { "*vertrag", 600 }, { "*vertrage", 600 }, { "*vertrags*", 600 },
    { "vertraglich*", 600 }, { "*laufzeit*", 600 }, { "kundig*", 600 },
    { "kuendig*", 600 }, { "*kundigung*", 600 }, { "*frist", 400 },
    { "kundigungsfrist", 700 }, { "agb", 600 }, { "klausel*", 600 },
    { "widerruf*", 500 }, { "unterschreib*", 500 },
    { "unterschrift", 500 }, { "rucktritt*", 500 }, { "haftung", 500 },
    { "garantie*", 300 }, { "mindestlaufzeit", 700 }, { "abo", 400 },
    { "abonnement", 400 }, { "verbindlich*", 400 },
    { "rechtlich*", 300 }, { "dsgvo", 400 }, { "datenschutz*", 300 },
};

static const pl_judge_row_t  judge_contract_en[] = {
    { "contract", 600 }, { "contracts", 600 }, { "contractual", 600 },
    { "terms and conditions", 700 }, { "terms", 400 },
    { "cancel", 400 }, { "cancellation*", 600 }, { "notice period", 700 },
    { "minimum term", 700 }, { "commitment", 400 }, { "sign", 300 },
    { "signature", 500 }, { "clause*", 600 }, { "liability", 500 },
    { "withdrawal", 400 }, { "binding", 400 }, { "agreement", 400 },
    { "legal", 300 }, { "gdpr", 400 }, { "subscription", 400 },
    { "lock in", 500 }, { "locked in", 500 },
};

static const pl_judge_row_t  judge_person_de[] = {
    { "mitarbeiter*", 800 }, { "berater*", 800 }, { "anrufen", 800 },
    { "ruf* mich an", 900 }, { "rufen sie mich", 900 },
    { "ruckruf*", 800 }, { "rueckruf*", 800 }, { "zuruckrufen", 800 },
    { "telefonieren", 700 }, { "telefonat", 700 },
    { "echter mensch", 900 }, { "echten menschen", 900 },
    { "mit einem menschen", 900 }, { "menschen sprechen", 900 },
    { "jemanden sprechen", 900 }, { "jemandem sprechen", 900 },
    { "personlich sprechen", 900 }, { "ansprechpartner*", 800 },
    { "kundenservice", 700 }, { "kundendienst", 700 }, { "hotline", 700 },
    { "support", 600 }, { "kein bot", 700 }, { "keinem bot", 700 },
    { "bist du ein bot", 500 }, { "sind sie ein bot", 500 },
    { "chef", 500 }, { "vorgesetzte*", 700 },
};

static const pl_judge_row_t  judge_person_en[] = {
    { "human", 800 }, { "real person", 900 }, { "a person", 700 },
    { "agent", 700 }, { "advisor", 800 }, { "adviser", 800 },
    { "call me", 900 }, { "call back", 800 }, { "callback", 800 },
    { "give me a call", 900 }, { "speak to someone", 900 },
    { "talk to someone", 900 }, { "speak with someone", 900 },
    { "talk to a*", 500 }, { "speak to a*", 500 },
    { "representative", 800 }, { "customer service", 800 },
    { "operator", 700 }, { "manager", 600 }, { "supervisor", 700 },
    { "are you a bot", 500 },
};

static const pl_judge_row_t  judge_negative_de[] = {
    { "schlecht*", 500 }, { "furchtbar*", 700 }, { "schrecklich*", 700 },
    { "katastroph*", 800 }, { "unverschamt*", 900 },
    { "unverschaemt*", 900 }, { "frechheit", 900 }, { "frech", 600 },
    { "arger*", 600 }, { "aerger*", 600 }, { "verarger*", 700 },
    { "genervt", 700 }, { "nervt", 700 }, { "nerven", 400 },
    { "nervig*", 600 }, { "enttausch*", 700 }, { "enttaeusch*", 700 },
    { "unzufrieden*", 700 }, { "betrug*", 900 },
    { "betruger*", 900 }, { "abzocke*", 900 }, { "verarsch*", 1000 },
    { "scheiss*", 900 }, { "mist", 600 }, { "schrott", 700 },
    { "dumm*", 600 }, { "idiot*", 900 }, { "lacherlich*", 700 },
    { "laecherlich*", 700 }, { "unfassbar", 500 }, { "wutend", 800 },
    { "wuetend", 800 }, { "sauer", 600 }, { "beschwer*", 700 },
    { "anwalt*", 800 }, { "anzeige erstatten", 900 },
    { "lasst mich in ruhe", 900 }, { "lass mich in ruhe", 900 },
    { "in ruhe lassen", 800 }, { "hort auf", 800 }, { "hor auf", 800 },
    { "spam", 800 }, { "belastig*", 900 }, { "belaestig*", 900 },
    { "problem*", 300 }, { "funktioniert nicht", 500 },
    { "geht nicht", 300 }, { "verstehe nicht", 200 }, { "sinnlos", 600 },
    { "zeitverschwendung", 800 }, { "reicht mir", 700 }, { "miserabel", 800 },
    { "nie wieder", 800 }, { "seit wochen", 300 }, { "schon wieder", 300 },
    { "was soll das", 600 }, { "blod*", 600 }, { "bloed*", 600 },
    { "gut", -300 }, { "gute", -300 }, { "gut*", -200 }, { "super", -400 },
    { "toll*", -400 }, { "danke", -300 }, { "freue mich", -400 },
    { "perfekt*", -400 }, { "zufrieden", -400 }, { "nett*", -300 },
    { "hilfreich*", -400 }, { "kein problem", -300 },
    { "keine probleme", -300 },
    { "\xf0\x9f\x98\xa1", 700 }, { "\xf0\x9f\xa4\xac", 900 },
    { "\xf0\x9f\x98\xa0", 600 }, { "\xf0\x9f\x91\x8e", 400 },
    { "\xf0\x9f\x96\x95", 1000 }, { "\xf0\x9f\x92\xa9", 700 },
    { "\xf0\x9f\x98\x8a", -300 }, { "\xf0\x9f\x91\x8d", -300 },
};

static const pl_judge_row_t  judge_negative_en[] = {
    { "bad", 500 }, { "terrible", 700 }, { "horrible", 700 },
    { "awful", 700 }, { "worst", 800 }, { "disaster*", 800 },
    { "outrageous", 900 }, { "unacceptable", 900 }, { "annoyed", 700 },
    { "annoying", 700 }, { "angry", 800 }, { "furious", 900 },
    { "disappoint*", 700 }, { "unhappy", 700 }, { "dissatisfied", 700 },
    { "upset", 600 }, { "frustrat*", 700 }, { "scam*", 900 },
    { "fraud*", 900 }, { "rip off", 900 }, { "ripoff", 900 },
    { "stupid", 700 }, { "idiot*", 900 }, { "ridiculous", 700 },
    { "useless", 700 }, { "rubbish", 700 }, { "crap", 800 },
    { "shit*", 900 }, { "bullshit", 1000 }, { "fuck*", 1000 },
    { "wtf", 900 }, { "hate", 700 }, { "complain*", 700 },
    { "lawyer*", 800 }, { "sue", 800 }, { "leave me alone", 900 },
    { "stop bothering*", 900 }, { "stop messaging*", 900 },
    { "spam*", 800 }, { "harass*", 900 }, { "waste of time", 800 },
    { "waste of money", 800 }, { "doesn t work", 500 },
    { "not working", 500 }, { "problem*", 300 }, { "fed up", 800 },
    { "enough of this", 700 }, { "never again", 800 },
    { "makes no sense", 500 }, { "poor", 500 },
    { "good", -300 }, { "great", -400 }, { "thanks", -300 },
    { "thank you", -300 }, { "perfect", -400 }, { "happy", -400 },
    { "helpful", -400 }, { "nice", -300 }, { "no problem", -300 },
    { "no problems", -300 }, { "love", -400 }, { "awesome", -400 },
    { "\xf0\x9f\x98\xa1", 700 }, { "\xf0\x9f\xa4\xac", 900 },
    { "\xf0\x9f\x98\xa0", 600 }, { "\xf0\x9f\x91\x8e", 400 },
    { "\xf0\x9f\x96\x95", 1000 }, { "\xf0\x9f\x92\xa9", 700 },
    { "\xf0\x9f\x98\x8a", -300 }, { "\xf0\x9f\x91\x8d", -300 },
};

static const pl_judge_topic_t  judge_topics_de[] = {
    { "price", 500, false, judge_price_de, PL_COUNT(judge_price_de) },
    { "contract", 500, false, judge_contract_de,
      PL_COUNT(judge_contract_de) },
    { "person", 600, true, judge_person_de, PL_COUNT(judge_person_de) },
    { "negative", 600, true, judge_negative_de,
      PL_COUNT(judge_negative_de) },
};

static const pl_judge_topic_t  judge_topics_en[] = {
    { "price", 500, false, judge_price_en, PL_COUNT(judge_price_en) },
    { "contract", 500, false, judge_contract_en,
      PL_COUNT(judge_contract_en) },
    { "person", 600, true, judge_person_en, PL_COUNT(judge_person_en) },
    { "negative", 600, true, judge_negative_en,
      PL_COUNT(judge_negative_en) },
};

static const char *const  judge_negations[] = {
    "nicht", "kein", "keine", "keinen", "keiner", "keinem", "nie", "niemals",
    "ohne", "weder", "kaum", "nix", "not", "no", "never", "don t", "doesn t",
    "didn t", "isn t", "wasn t", "aren t", "won t", "without", "can t",
    "cannot", "hardly", "dont", "niet", "geen", "pas", "jamais", "sans",
    "non", "nunca", "sin", "mai", "senza",
};

static const char *const  judge_intensifiers[] = {
    "sehr", "total", "extrem", "absolut", "wirklich", "richtig", "so",
    "vollig", "ziemlich", "ausserst", "unglaublich", "mega", "echt", "very",
    "really", "extremely", "absolutely", "totally", "so", "incredibly",
    "completely", "fucking", "super", "heel", "erg", "tres", "muy", "molto",
};

static const char *const  judge_softeners[] = {
    "etwas", "bisschen", "ein wenig", "leicht", "eventuell", "vielleicht",
    "a bit", "a little", "slightly", "somewhat", "kind of", "sort of",
    "maybe", "beetje", "un peu", "un poco", "un po",
};

static const pl_judge_grammar_t  judge_grammar = {
    judge_negations, PL_COUNT(judge_negations),
    judge_intensifiers, PL_COUNT(judge_intensifiers),
    judge_softeners, PL_COUNT(judge_softeners),
};


const pl_judge_topic_t *
pl_judge_default(const char *language, size_t *n)
{
    if (language != NULL && (language[0] == 'd' || language[0] == 'D')
        && (language[1] == 'e' || language[1] == 'E')
        && (language[2] == '\0' || language[2] == '-' || language[2] == '_'))
    {
        *n = PL_COUNT(judge_topics_de);
        return judge_topics_de;
    }

    *n = PL_COUNT(judge_topics_en);
    return judge_topics_en;
}


const pl_judge_grammar_t *
pl_judge_default_grammar(void)
{
    return &judge_grammar;
}
