/*
 * Words of refusal of the north of Europe.
 * See stop_words.h.
 */

#include "stop_words.h"


const pl_stop_row_t  pl_stop_words_north[] = {

    { "sv", PL_STOP_STOP,
      "stoppa|avregistrera|avregistrera mig|avregistrering|avprenumerera|"
      "avprenumerera mig|avanmäl|avanmäl mig|avanmälan|"
      "säg upp prenumeration|avsluta prenumeration|avsluta prenumerationen|"
      "inga fler meddelanden|inga mer meddelanden|inga meddelanden|"
      "inga fler sms|inga sms|ingen reklam|ingen mer reklam|skicka inte|"
      "skicka inte mer|skicka inget mer|skicka inga meddelanden|"
      "skicka inga fler meddelanden|sluta skicka|sluta skicka meddelanden|"
      "sluta skriva|sluta skriva till mig|sluta sms:a|skriv inte mer|"
      "skriv inte till mig|kontakta mig inte|kontakta mig inte mer|"
      "jag vill inte ha meddelanden|jag vill inte ha fler meddelanden|"
      "jag vill inte ha reklam|jag vill avregistrera mig|"
      "jag vill avanmäla mig|jag vill avsluta prenumerationen|ta bort mig|"
      "ta bort mig från listan|stryk mig från listan|"
      "jag återkallar mitt samtycke|återkalla samtycke|lämna mig i fred|"
      "lämna mig ifred" },
    { "sv", PL_STOP_WEAK,
      "sluta|avsluta" },
    { "sv", PL_STOP_START,
      "start|starta|prenumerera|anmäl mig|jag vill anmäla mig|återuppta" },
    { "sv", PL_STOP_HELP,
      "hjälp" },
    { "sv", PL_STOP_UNCLEAR,
      "nog|nu räcker det|det räcker|slut|lägg av|radera mig" },
    { "sv", PL_STOP_POLITE,
      "tack|tack så mycket|snälla|vänligen|var vänlig|var snäll|hej|hejsan|"
      "nu|genast|omedelbart|mvh|vänliga hälsningar|god morgon|ja" },
    { "sv", PL_STOP_LIGHT,
      "det|det här|detta|den|de|mig|mej|jag|du|ni|vill|kan|alla|allt|"
      "meddelanden|meddelande|sms|med|från|hur|att" },
    { "sv", PL_STOP_OTHER,
      "busshållplats|stoppa inte|inte stopp|sluta inte" },

    { "da", PL_STOP_STOP,
      "stands|afmeld|afmeld mig|afmelding|frameld|frameld mig|framelding|"
      "afregistrer|afregistrer mig|jeg vil afmelde mig|"
      "jeg vil gerne afmeldes|jeg vil gerne afmelde mig|opsig abonnement|"
      "ikke flere beskeder|ingen beskeder|ingen flere beskeder|"
      "ikke flere sms|ikke flere sms'er|ingen reklamer|ingen reklame|"
      "ikke flere reklamer|send ikke flere beskeder|send ikke mere|"
      "send mig ikke flere beskeder|send mig ikke mere|skriv ikke mere|"
      "skriv ikke til mig|skriv ikke til mig mere|kontakt mig ikke|"
      "kontakt mig ikke mere|jeg vil ikke have beskeder|"
      "jeg vil ikke have flere beskeder|jeg ønsker ikke flere beskeder|"
      "jeg vil ikke have reklamer|slet mig fra listen|fjern mig|"
      "fjern mig fra listen|tag mig af listen|"
      "jeg trækker mit samtykke tilbage|træk samtykke tilbage|"
      "stop med at skrive|stop med at skrive til mig|"
      "stop med at sende beskeder" },
    { "da", PL_STOP_START,
      "start|tilmeld|tilmeld mig|jeg vil gerne tilmeldes|abonner" },
    { "da", PL_STOP_HELP,
      "hjælp" },
    { "da", PL_STOP_UNCLEAR,
      "slut|nok|nu er det nok|afslut|hold op|lad mig være|slet mig" },
    { "da", PL_STOP_POLITE,
      "tak|mange tak|på forhånd tak|venligst|vær venlig|vær så venlig|hej|"
      "goddag|nu|med det samme|straks|mvh|venlig hilsen|ja" },
    { "da", PL_STOP_LIGHT,
      "det|det her|dette|den|de|mig|jeg|du|i|vil|kan|alle|alt|beskeder|"
      "besked|sms|med|fra|hvordan|at" },

    { "nb", PL_STOP_STOP,
      "avmeld|avmeld meg|avmelding|meld av|meld meg av|"
      "jeg vil melde meg av|jeg ønsker å melde meg av|si opp abonnement|"
      "ikke flere meldinger|ingen flere meldinger|ingen meldinger|"
      "ikke flere sms|ingen reklame|ikke mer reklame|"
      "ikke send flere meldinger|ikke send meg flere meldinger|"
      "ikke send mer|ikke send meg mer|send ikke flere meldinger|"
      "ikke skriv mer|ikke skriv til meg|ikke kontakt meg|"
      "ikke kontakt meg mer|jeg vil ikke ha meldinger|"
      "jeg vil ikke ha flere meldinger|jeg ønsker ikke flere meldinger|"
      "jeg vil ikke ha reklame|fjern meg|fjern meg fra listen|"
      "slett meg fra listen|ta meg av listen|jeg trekker samtykket|"
      "jeg trekker tilbake samtykket|jeg trekker tilbake mitt samtykke|"
      "trekk tilbake samtykke|slutt å sende meldinger|"
      "slutt å skrive til meg|la meg være i fred|la meg være" },
    { "nb", PL_STOP_START,
      "start|påmelding|meld meg på|abonner|jeg vil melde meg på" },
    { "nb", PL_STOP_HELP,
      "hjelp" },
    { "nb", PL_STOP_UNCLEAR,
      "slutt|nok|nå er det nok|avslutt|kutt ut|slett meg" },
    { "nb", PL_STOP_POLITE,
      "takk|tusen takk|mange takk|vennligst|vær så snill|vær så vennlig|"
      "hei|god dag|nå|med en gang|umiddelbart|mvh|ja" },
    { "nb", PL_STOP_LIGHT,
      "det|dette|den|de|meg|jeg|du|dere|vil|kan|alle|alt|meldinger|melding|"
      "sms|med|fra|hvordan|å" },

    { "fi", PL_STOP_STOP,
      "lopeta viestit|lopettakaa viestit|lopettakaa viestien lähettäminen|"
      "lopeta viestien lähettäminen|lopeta tilaus|peru tilaus|"
      "peruuta tilaus|perukaa tilaus|haluan perua tilauksen|"
      "haluan peruuttaa tilauksen|en halua viestejä|"
      "en halua enempää viestejä|en halua enää viestejä|ei enää viestejä|"
      "ei lisää viestejä|ei viestejä|ei mainoksia|en halua mainoksia|"
      "ei mainontaa|älä lähetä|älä lähetä enää|älä lähetä viestejä|"
      "älä lähetä enää viestejä|älkää lähettäkö|älkää lähettäkö viestejä|"
      "älkää lähettäkö enää viestejä|älkää lähettäkö enää|älä kirjoita|"
      "älkää kirjoittako|älkää ottako yhteyttä|poista minut|"
      "poista minut listalta|poistakaa minut|poistakaa minut listalta|"
      "peruutan suostumukseni|perun suostumukseni|antakaa olla rauhassa|"
      "jättäkää minut rauhaan" },
    { "fi", PL_STOP_WEAK,
      "lopeta|lopettakaa" },
    { "fi", PL_STOP_START,
      "start|aloita|tilaa|haluan tilata|liity" },
    { "fi", PL_STOP_HELP,
      "apua|ohje|ohjeet" },
    { "fi", PL_STOP_UNCLEAR,
      "riittää|riittää jo|loppu|irtisano|irtisanon" },
    { "fi", PL_STOP_POLITE,
      "kiitos|kiitos paljon|kiitti|ole hyvä|olkaa hyvä|ystävällisesti|hei|"
      "moi|terve|huomenta|heti|nyt|välittömästi|terveisin|kyllä|joo" },
    { "fi", PL_STOP_LIGHT,
      "tämä|tämän|tää|nämä|minulle|mulle|minua|minä|haluan|voitko|voitteko|"
      "voiko|viestit|viestejä|viesti|kaikki|miten|jo" },

    { "et", PL_STOP_STOP,
      "loobun|soovin loobuda|loobu tellimusest|tühista tellimus|"
      "tühistage tellimus|tühistan tellimuse|ei soovi sõnumeid|"
      "ma ei soovi sõnumeid|ma ei soovi rohkem sõnumeid|"
      "ei soovi rohkem sõnumeid|ma ei taha sõnumeid|"
      "rohkem sõnumeid ei soovi|ärge saatke|ärge saatke mulle sõnumeid|"
      "ärge saatke sõnumeid|ärge saatke rohkem|ära saada|"
      "ära saada sõnumeid|ära saada rohkem|ärge kirjutage|ära kirjuta|"
      "ärge kirjutage mulle|ärge võtke ühendust|ei reklaami|"
      "ei soovi reklaami|eemalda mind nimekirjast|eemaldage mind|"
      "eemaldage mind nimekirjast|kustuta mind nimekirjast|"
      "kustutage mind nimekirjast|võtan nõusoleku tagasi|"
      "lõpetage sõnumite saatmine|jätke mind rahule" },
    { "et", PL_STOP_WEAK,
      "peata|peatage|lõpeta|lõpetage|loobu" },
    { "et", PL_STOP_START,
      "start|alusta|telli|soovin tellida|liitu" },
    { "et", PL_STOP_HELP,
      "abi" },
    { "et", PL_STOP_UNCLEAR,
      "aitab|aitab küll|lõpp" },
    { "et", PL_STOP_POLITE,
      "palun|aitäh|tänan|suur tänu|tere|kohe|nüüd|jah" },

    { "lv", PL_STOP_STOP,
      "atteikties|atteikties no ziņām|vēlos atteikties|es vēlos atteikties|"
      "atteikšanās|atsakos|atrakstīties|atrakstīšanās|vēlos atrakstīties|"
      "nesūtīt|nesūti|nesūtiet|nesūtiet man|nesūtiet ziņas|"
      "nesūtiet man ziņas|nesūtiet vairs|vairs nesūtiet|nerakstiet|"
      "nerakstiet man|nerakstiet vairs|neraksti man|nevēlos ziņas|"
      "nevēlos saņemt ziņas|es nevēlos saņemt ziņas|negribu ziņas|"
      "bez reklāmas|bez reklāmām|nevēlos reklāmu|izņemiet mani no saraksta|"
      "izslēdziet mani no saraksta|dzēsiet mani no saraksta|"
      "atsaucu piekrišanu|pārtrauciet sūtīt|pārtrauciet sūtīt ziņas|"
      "lieciet mani mierā" },
    { "lv", PL_STOP_WEAK,
      "pārtraukt|pārtrauciet|apturēt" },
    { "lv", PL_STOP_START,
      "start|sākt|pieteikties|abonēt|vēlos pieteikties" },
    { "lv", PL_STOP_HELP,
      "palīdzība" },
    { "lv", PL_STOP_UNCLEAR,
      "beigt|beidziet|pietiek|beigas" },
    { "lv", PL_STOP_POLITE,
      "lūdzu|paldies|liels paldies|labdien|sveiki|tūlīt|tagad|jā" },

    { "lt", PL_STOP_STOP,
      "atsisakyti|atsisakau|noriu atsisakyti|atsisakyti prenumeratos|"
      "atšaukti prenumeratą|nesiųskite|nesiųsk|nesiųskite žinučių|"
      "nesiųskite man žinučių|nebesiųskite|nebesiųskite žinučių|"
      "nebesiųskite man žinučių|daugiau nesiųskite|nerašykite|"
      "nerašykite man|neberašykite|neberašykite man|nerašyk man|"
      "nenoriu žinučių|nenoriu gauti žinučių|nebenoriu žinučių|"
      "nebenoriu gauti žinučių|jokių žinučių|be reklamos|nenoriu reklamos|"
      "pašalinkite mane iš sąrašo|išbraukite mane iš sąrašo|"
      "išbraukite mane|atšaukiu sutikimą|palikite mane ramybėje" },
    { "lt", PL_STOP_WEAK,
      "stabdyti|sustabdyti|sustabdykite|nutraukti" },
    { "lt", PL_STOP_START,
      "start|pradėti|užsisakyti|prenumeruoti|noriu prenumeruoti" },
    { "lt", PL_STOP_HELP,
      "pagalba" },
    { "lt", PL_STOP_UNCLEAR,
      "gana|užtenka|pabaiga|baikite|baik" },
    { "lt", PL_STOP_POLITE,
      "prašau|prašom|ačiū|dėkoju|labai ačiū|laba diena|labas|sveiki|"
      "tuoj pat|dabar|nedelsiant|taip" },

    { NULL, PL_STOP_NONE, NULL }
};
