/*
 * Words around numbers, by language. Folded as tokens are: no marks on
 * letters, "ß" as "ss", words and signs apart. The longest row that fits
 * counts; between those of one length, the first.
 */

#include "answer_number.h"

#define DE   PL_LANG_DE
#define EN   PL_LANG_EN
#define NL   PL_LANG_NL
#define FR   PL_LANG_FR
#define ES   PL_LANG_ES
#define IT   PL_LANG_IT
#define ALL  PL_LANG_ALL

const pl_phrase_t  pl_answer_number_rows[] = {
    { DE, PL_NUMBER_FILL,
        "wir|ich|haben|habe|hab|bekommen|bekomme|kriegen|kriege|sind"
        "|waren|es|das|die|der|den|leads|lead|anfragen|anfrage|kunden"
        "|kunde|kontakte|interessenten|stuck|stk|stk .|nur|genau|aktuell"
        "|momentan|im moment|derzeit|gerade|bisher|noch|bislang|insgesamt"
        "|also|ja|hm|ahm|na|naja|wurde ich sagen|wurde sagen|denke"
        "|ich denke|glaube|ich glaube|schon|eher|bei uns|dann|danke|bitte"
        "|ganz|exakt|hallo|ok|pro|je|zur zeit|dzt|zuletzt|letzten monat"
        "|sagen|wurde|uns|vorhanden|neue|neuen|neukunden|potenzielle"
        "|potentielle|kundenanfragen|terminanfragen|interessierte"
        "|erhalten|erhalte|generieren|generiere|kommen|kommt|rein|herein"
        "|gesamt|zusammen|anzahl|lauft|lauft gut|unsere|unseren|je nachdem"
        "|je nach monat|je nach saison|je nach kampagne|guten tag"
        "|guten morgen|guten abend|moin|servus|liegen|liegt|bei|wohl so" },
    { EN, PL_NUMBER_FILL,
        "we|i|have|get|got|it|is|s|are|re|the|leads|lead|inquiries"
        "|enquiries|customers|contacts|requests|only|just|exactly"
        "|currently|right now|at the moment|so far|in total|well|yes|hm"
        "|um|uh|hi|thanks|please|d|would|us|them|there|our|ve|per|pieces"
        "|pcs|new|potential|prospects|clients|receive|receiving|getting"
        "|generate|generating|total|overall|altogether|hello|hey"
        "|good morning|good afternoon|depending on the month" },
    { NL, PL_NUMBER_FILL,
        "wij|we|ik|hebben|heb|krijgen|krijg|zijn|het|de|leads|lead"
        "|aanvragen|klanten|contacten|stuks|st|slechts|maar|precies"
        "|momenteel|op dit moment|nu|totaal|dus|ja|denk|ik denk|geloof"
        "|ik geloof|per|bedankt|alleen|nieuwe|ontvangen|ontvang|hallo"
        "|goedemorgen|goedendag|samen|we krijgen" },
    { FR, PL_NUMBER_FILL,
        "nous|on|j|je|avons|recevons|c|est|les|le|la|des|leads|lead"
        "|demandes|clients|contacts|prospects|seulement|juste|exactement"
        "|actuellement|en ce moment|oui|je pense|je crois|merci|par"
        "|bonjour|total|de|ai|nouveaux|nouvelles|recois|avoir|en tout"
        "|au total" },
    { ES, PL_NUMBER_FILL,
        "nosotros|tenemos|tengo|recibimos|son|es|los|el|la|leads|lead"
        "|consultas|clientes|contactos|solo|exactamente|actualmente"
        "|por ahora|si|creo|pienso|gracias|por|hola|en total|de|las"
        "|nuevos|nuevas|recibo|buenos dias|prospectos|mensajes" },
    { IT, PL_NUMBER_FILL,
        "noi|abbiamo|ho|riceviamo|sono|i|le|gli|il|la|leads|lead"
        "|richieste|clienti|contatti|solo|esattamente|attualmente"
        "|al momento|si|credo|penso|grazie|per|ciao|in totale|di|da"
        "|nuovi|nuove|ricevo|buongiorno|messaggi" },

    { ALL, PL_NUMBER_FILL, "x" },

    { ALL, PL_NUMBER_ABOUT, "~|ca|ca .|circa|+ / -|+ -|+-" },
    { DE, PL_NUMBER_ABOUT,
        "etwa|ungefahr|ungefaehr|rund|so um|so um die|um die|zirka|grob"
        "|grob geschatzt|geschatzt|schatze|schatzungsweise"
        "|schatzungsweise um die|vielleicht|wahrscheinlich|im schnitt"
        "|durchschnittlich|im durchschnitt|so|so ca|so etwa|roundabout"
        "|in etwa|plus minus|wohl|oder so|mal|meist|meistens"
        "|normalerweise|so rund|so an die|an die|rum|herum|drum herum"
        "|ublicherweise|gewohnlich|in der regel" },
    { EN, PL_NUMBER_ABOUT,
        "about|around|approx|approx .|approximately|roughly|some|maybe"
        "|perhaps|probably|on average|average|ish|or so|like|give or take"
        "|i guess|i think|estimated|say|somewhere around|in the region of"
        "|usually|typically|normally|generally" },
    { NL, PL_NUMBER_ABOUT,
        "ongeveer|rond|rond de|zo n|zo ongeveer|plusminus|plus minus"
        "|gemiddeld|misschien|om en nabij|zowat|pakweg|of zo|een stuk of"
        "|naar schatting" },
    { FR, PL_NUMBER_ABOUT,
        "environ|a peu pres|autour de|aux alentours de|en moyenne"
        "|peut etre|approximativement|plus ou moins|dans les"
        "|quelque chose comme" },
    { ES, PL_NUMBER_ABOUT,
        "alrededor de|aproximadamente|aprox|aprox .|mas o menos|unos|unas"
        "|cerca de|en promedio|de media|quizas|tal vez|como|sobre" },
    { IT, PL_NUMBER_ABOUT,
        "circa|all incirca|piu o meno|intorno a|attorno a|in media"
        "|mediamente|forse|approssimativamente|sui|sulle" },

    { ALL, PL_NUMBER_OVER, ">" },
    { DE, PL_NUMBER_OVER,
        "uber|ueber|mehr als|mehr wie|grosser als|deutlich uber|weit uber"
        "|weit mehr als|deutlich mehr als|oberhalb von|jenseits der"
        "|locker uber" },
    { EN, PL_NUMBER_OVER,
        "over|more than|above|greater than|well over|upwards of|north of"
        "|exceeding" },
    { NL, PL_NUMBER_OVER,
        "meer dan|boven de|boven|over de|ruim boven|groter dan" },
    { FR, PL_NUMBER_OVER, "plus de|plus que|au dessus de|superieur a" },
    { ES, PL_NUMBER_OVER, "mas de|mas que|por encima de|superior a" },
    { IT, PL_NUMBER_OVER,
        "piu di|oltre|oltre i|oltre le|sopra i|sopra le|al di sopra di"
        "|superiore a" },

    { ALL, PL_NUMBER_LEAST, "> =|= >" },
    { DE, PL_NUMBER_LEAST,
        "mindestens|wenigstens|ab|min .|minimum|nicht weniger als"
        "|nicht unter|von mindestens|locker" },
    { EN, PL_NUMBER_LEAST,
        "at least|minimum|minimum of|min .|no less than|not less than"
        "|not fewer than" },
    { NL, PL_NUMBER_LEAST,
        "minstens|ten minste|tenminste|minimaal|vanaf|niet minder dan" },
    { FR, PL_NUMBER_LEAST,
        "au moins|minimum|au minimum|pas moins de|a partir de" },
    { ES, PL_NUMBER_LEAST,
        "al menos|por lo menos|minimo|como minimo|no menos de|a partir de" },
    { IT, PL_NUMBER_LEAST,
        "almeno|minimo|come minimo|non meno di|a partire da" },

    { ALL, PL_NUMBER_UNDER, "<" },
    { DE, PL_NUMBER_UNDER,
        "unter|weniger als|weniger wie|kleiner als|deutlich unter"
        "|weit unter|nicht mal|nicht einmal|unterhalb von|noch keine"
        "|keine ganzen" },
    { EN, PL_NUMBER_UNDER,
        "under|less than|below|fewer than|not even|well under"
        "|smaller than" },
    { NL, PL_NUMBER_UNDER,
        "minder dan|onder de|onder|niet eens|kleiner dan|nog geen" },
    { FR, PL_NUMBER_UNDER,
        "moins de|moins que|en dessous de|sous les|meme pas|inferieur a" },
    { ES, PL_NUMBER_UNDER,
        "menos de|menos que|por debajo de|ni siquiera|inferior a" },
    { IT, PL_NUMBER_UNDER,
        "meno di|sotto i|sotto le|al di sotto di|nemmeno|neanche"
        "|inferiore a" },

    { ALL, PL_NUMBER_MOST, "< =|= <" },
    { DE, PL_NUMBER_MOST,
        "hochstens|hoechstens|maximal|max|max .|maximum|bis zu"
        "|nicht mehr als|nicht uber|nicht mehr wie" },
    { EN, PL_NUMBER_MOST,
        "at most|maximum|maximum of|max|max .|up to|no more than"
        "|not more than|not over" },
    { NL, PL_NUMBER_MOST,
        "hooguit|hoogstens|maximaal|max|max .|ten hoogste|niet meer dan"
        "|tot wel|tot maximaal" },
    { FR, PL_NUMBER_MOST,
        "au plus|maximum|au maximum|max|jusqu a|pas plus de|pas plus que" },
    { ES, PL_NUMBER_MOST,
        "como mucho|maximo|como maximo|max|max .|hasta|no mas de"
        "|a lo sumo" },
    { IT, PL_NUMBER_MOST,
        "al massimo|massimo|max|max .|fino a|non piu di|al piu" },

    { DE, PL_NUMBER_ALMOST,
        "fast|knapp|beinahe|nicht ganz|kurz vor|knapp unter|kurz unter"
        "|etwas unter|etwas weniger als|ein bisschen weniger als"
        "|an die knapp" },
    { EN, PL_NUMBER_ALMOST,
        "almost|nearly|just under|not quite|close to|a little under"
        "|a bit less than|a little less than|slightly under" },
    { NL, PL_NUMBER_ALMOST,
        "bijna|net geen|net onder|net niet|iets minder dan|krap" },
    { FR, PL_NUMBER_ALMOST,
        "presque|pres de|un peu moins de|pas tout a fait|a peine" },
    { ES, PL_NUMBER_ALMOST, "casi|un poco menos de|no llega a" },
    { IT, PL_NUMBER_ALMOST, "quasi|poco meno di|un po meno di|non proprio" },

    { DE, PL_NUMBER_BARELY,
        "gut|gute|etwas uber|etwas mehr als|ein bisschen mehr als"
        "|knapp uber|kurz uber|leicht uber|bisschen uber|etwas ueber" },
    { EN, PL_NUMBER_BARELY,
        "just over|a little over|a bit over|slightly over"
        "|a little more than|a bit more than|slightly more than"
        "|just above" },
    { NL, PL_NUMBER_BARELY,
        "iets meer dan|net boven|net boven de|net iets meer dan|ruim" },
    { FR, PL_NUMBER_BARELY, "un peu plus de|juste au dessus de" },
    { ES, PL_NUMBER_BARELY, "un poco mas de|algo mas de" },
    { IT, PL_NUMBER_BARELY, "poco piu di|un po piu di" },

    { DE, PL_NUMBER_BETWEEN, "zwischen|irgendwo zwischen|von|zwischen den" },
    { EN, PL_NUMBER_BETWEEN,
        "between|anywhere between|somewhere between|from" },
    { NL, PL_NUMBER_BETWEEN, "tussen|tussen de|van" },
    { FR, PL_NUMBER_BETWEEN, "entre" },
    { ES, PL_NUMBER_BETWEEN, "entre" },
    { IT, PL_NUMBER_BETWEEN, "tra|fra" },

    { ALL, PL_NUMBER_TO, ". . ." },
    { DE, PL_NUMBER_TO, "bis" },
    { EN, PL_NUMBER_TO, "to|till|until|thru|through" },
    { NL, PL_NUMBER_TO, "tot|a|tot en met" },
    { FR, PL_NUMBER_TO, "a" },
    { ES, PL_NUMBER_TO, "a|al" },
    { IT, PL_NUMBER_TO, "a" },

    { DE, PL_NUMBER_OR, "oder|bzw|beziehungsweise" },
    { EN, PL_NUMBER_OR, "or" },
    { NL, PL_NUMBER_OR, "of" },
    { FR, PL_NUMBER_OR, "ou" },
    { ES, PL_NUMBER_OR, "o|u" },
    { IT, PL_NUMBER_OR, "o|oppure" },

    { DE, PL_NUMBER_AND, "und" },
    { EN, PL_NUMBER_AND, "and" },
    { NL, PL_NUMBER_AND, "en" },
    { FR, PL_NUMBER_AND, "et" },
    { ES, PL_NUMBER_AND, "y|e" },
    { IT, PL_NUMBER_AND, "e|ed" },

    { ALL, PL_NUMBER_PLUS, "+|+ +|plus" },
    { DE, PL_NUMBER_PLUS,
        "und mehr|oder mehr|aufwarts|und daruber|oder daruber|und druber"
        "|oder druber|eher mehr|wenn nicht mehr|tendenz steigend" },
    { EN, PL_NUMBER_PLUS,
        "or more|and more|and up|and above|or above|upwards|if not more"
        "|and over|or over" },
    { NL, PL_NUMBER_PLUS, "of meer|en meer|en hoger|of hoger" },
    { FR, PL_NUMBER_PLUS, "ou plus|et plus|ou davantage" },
    { ES, PL_NUMBER_PLUS, "o mas|y mas" },
    { IT, PL_NUMBER_PLUS, "o piu|e piu|in su|e oltre|o oltre" },

    { DE, PL_NUMBER_LESS,
        "oder weniger|und weniger|oder darunter|und darunter|abwarts"
        "|eher weniger" },
    { EN, PL_NUMBER_LESS,
        "or less|or fewer|and below|and under|or under|or below" },
    { NL, PL_NUMBER_LESS, "of minder|en minder" },
    { FR, PL_NUMBER_LESS, "ou moins|et moins" },
    { ES, PL_NUMBER_LESS, "o menos|y menos" },
    { IT, PL_NUMBER_LESS, "o meno|e meno" },

    { DE, PL_NUMBER_NONE,
        "kein|keine|gar keine|keinen|keinerlei|uberhaupt keine|keine einzige"
        "|keinen einzigen" },
    { EN, PL_NUMBER_NONE,
        "none|no leads|no inquiries|no customers|not any|none at all|"
        "not a single one" },
    { NL, PL_NUMBER_NONE, "geen|geen enkele|helemaal geen" },
    { FR, PL_NUMBER_NONE, "aucun|aucune|pas un|pas une seule" },
    { ES, PL_NUMBER_NONE, "ninguno|ninguna|ningun" },
    { IT, PL_NUMBER_NONE, "nessuno|nessuna|nessun" },

    { DE, PL_NUMBER_FEW,
        "ein paar|einige|mehrere|paar|wenige|etliche|ein paar wenige" },
    { EN, PL_NUMBER_FEW,
        "a few|several|a couple|a couple of|couple|few|some few" },
    { NL, PL_NUMBER_FEW, "een paar|paar|enkele|enige|meerdere|verscheidene" },
    { FR, PL_NUMBER_FEW, "quelques|plusieurs" },
    { ES, PL_NUMBER_FEW,
        "unos pocos|unas pocas|varios|varias|algunos|algunas|unos cuantos" },
    { IT, PL_NUMBER_FEW,
        "qualche|alcune|alcuni|diversi|diverse|un paio di|un paio" },

    { DE, PL_NUMBER_DAY,
        "am tag|pro tag|je tag|/ tag|taglich|jeden tag|tgl|tgl .|p . t ."
        "|den tag|taeglich" },
    { EN, PL_NUMBER_DAY, "per day|a day|/ day|daily|each day|every day|/ d" },
    { NL, PL_NUMBER_DAY,
        "per dag|/ dag|dagelijks|elke dag|iedere dag|op een dag" },
    { FR, PL_NUMBER_DAY,
        "par jour|/ jour|chaque jour|tous les jours|quotidien"
        "|quotidiennement|/ j" },
    { ES, PL_NUMBER_DAY,
        "al dia|por dia|/ dia|cada dia|diarios|diarias|todos los dias"
        "|diario" },
    { IT, PL_NUMBER_DAY,
        "al giorno|/ giorno|ogni giorno|giornalieri|giornaliere"
        "|per giorno" },

    { DE, PL_NUMBER_WEEK,
        "pro woche|die woche|in der woche|je woche|/ woche|wochentlich"
        "|jede woche|p . w .|woechentlich" },
    { EN, PL_NUMBER_WEEK,
        "per week|a week|/ week|weekly|each week|every week|/ wk" },
    { NL, PL_NUMBER_WEEK,
        "per week|/ week|wekelijks|elke week|iedere week|in de week" },
    { FR, PL_NUMBER_WEEK,
        "par semaine|/ semaine|chaque semaine|la semaine|hebdomadaires" },
    { ES, PL_NUMBER_WEEK,
        "a la semana|por semana|/ semana|cada semana|semanales" },
    { IT, PL_NUMBER_WEEK,
        "alla settimana|a settimana|/ settimana|ogni settimana"
        "|settimanali|per settimana" },

    { DE, PL_NUMBER_MONTH,
        "im monat|pro monat|je monat|/ monat|monatlich|jeden monat"
        "|den monat|mtl|mtl .|p . m .|p m|/ m|monatl|monatl ." },
    { EN, PL_NUMBER_MONTH,
        "per month|a month|/ month|monthly|each month|every month|/ mo"
        "|p m" },
    { NL, PL_NUMBER_MONTH,
        "per maand|/ maand|maandelijks|elke maand|iedere maand"
        "|in de maand|p m|p . m ." },
    { FR, PL_NUMBER_MONTH,
        "par mois|/ mois|chaque mois|mensuel|mensuels|tous les mois"
        "|le mois" },
    { ES, PL_NUMBER_MONTH,
        "al mes|por mes|/ mes|cada mes|mensuales|mensual|todos los meses" },
    { IT, PL_NUMBER_MONTH,
        "al mese|/ mese|ogni mese|mensili|per mese|mensilmente" },

    { DE, PL_NUMBER_YEAR,
        "im jahr|pro jahr|je jahr|/ jahr|jahrlich|jedes jahr|p . a ."
        "|jaehrlich|p a" },
    { EN, PL_NUMBER_YEAR,
        "per year|a year|/ year|yearly|annually|each year|every year"
        "|per annum" },
    { NL, PL_NUMBER_YEAR, "per jaar|/ jaar|jaarlijks|elk jaar|ieder jaar" },
    { FR, PL_NUMBER_YEAR, "par an|/ an|chaque annee|par annee|annuels" },
    { ES, PL_NUMBER_YEAR, "al ano|por ano|/ ano|cada ano|anuales" },
    { IT, PL_NUMBER_YEAR, "all anno|/ anno|ogni anno|annui|annuali|per anno" },

    { DE, PL_NUMBER_RATE,
        "pro stunde|in der stunde|je stunde|stundlich|/ h|/ stunde"
        "|pro minute|pro quartal|im quartal|am werktag|pro werktag"
        "|werktags|werktaglich|pro arbeitstag|arbeitstaglich"
        "|am wochenende|pro wochenende|pro kampagne|pro kunde|pro person"
        "|pro nase" },
    { EN, PL_NUMBER_RATE,
        "per hour|an hour|hourly|/ h|/ hour|per minute|a quarter"
        "|per quarter|quarterly|per workday|per business day|on weekdays"
        "|per campaign|per customer|per person|each" },
    { NL, PL_NUMBER_RATE,
        "per uur|/ uur|per minuut|per kwartaal|per werkdag|op werkdagen"
        "|per campagne|per persoon" },
    { FR, PL_NUMBER_RATE,
        "par heure|/ h|par trimestre|par jour ouvre|par jour ouvrable"
        "|par personne" },
    { ES, PL_NUMBER_RATE,
        "por hora|a la hora|/ h|por trimestre|por dia laborable"
        "|por persona" },
    { IT, PL_NUMBER_RATE,
        "all ora|/ h|a trimestre|al trimestre|per giorno lavorativo"
        "|a persona" },

    { ALL, PL_NUMBER_MONEY, "eur|euro|euros|usd|chf|gbp|dollar|dollars"
        "|us dollar|us dollars|us - dollar" },
    { DE, PL_NUMBER_MONEY, "franken" },
    { EN, PL_NUMBER_MONEY, "pounds|pound|bucks|quid" },
    { NL, PL_NUMBER_MONEY, "euro s" },
    { FR, PL_NUMBER_MONEY, "francs" },
    { ES, PL_NUMBER_MONEY, "dolares" },
    { IT, PL_NUMBER_MONEY, "dollari|franchi" },

    { DE, PL_NUMBER_PERCENT, "prozent" },
    { EN, PL_NUMBER_PERCENT, "percent|per cent" },
    { NL, PL_NUMBER_PERCENT, "procent" },
    { FR, PL_NUMBER_PERCENT, "pourcent|pour cent" },
    { ES, PL_NUMBER_PERCENT, "por ciento" },
    { IT, PL_NUMBER_PERCENT, "per cento" },

    { DE, PL_NUMBER_NOT, "nicht|nie|niemals|weder|statt|ausser|anstatt|ohne" },
    { EN, PL_NUMBER_NOT,
        "not|never|don t|dont|doesn t|didn t|isn t|without|neither"
        "|instead|except|no" },
    { NL, PL_NUMBER_NOT, "niet|nooit|zonder|behalve" },
    { FR, PL_NUMBER_NOT, "pas|jamais|sans|ni|sauf|ne|n" },
    { ES, PL_NUMBER_NOT, "no|nunca|sin|ni|tampoco" },
    { IT, PL_NUMBER_NOT, "non|mai|senza" },

    { ALL, PL_NUMBER_DOUBT, "t|m|b|g|mrd|bn" },
    { DE, PL_NUMBER_DOUBT,
        "halb|halbe|halbes|halben|halber|viele|vielen|unzahlige"
        "|jede menge|mal so viel|doppelt|verdoppelt|prozentual|minus"
        "|x so viele|oft" },
    { EN, PL_NUMBER_DOUBT,
        "half|half a|lots|a lot|loads|tons|out of|of|twice|double|minus"
        "|quarter|third|times" },
    { NL, PL_NUMBER_DOUBT, "half|halve|veel|dubbel|min|keer zoveel|een half" },
    { FR, PL_NUMBER_DOUBT, "demi|demie|moitie|beaucoup|sur|double|moins" },
    { ES, PL_NUMBER_DOUBT,
        "medio|media|mitad|muchos|muchas|de cada|doble|menos" },
    { IT, PL_NUMBER_DOUBT,
        "mezzo|mezza|meta|molti|molte|tanti|su|doppio|meno" },

    /* the hundredth of what is asked for, or a thousand of it */
    { ALL & ~FR, PL_NUMBER_OTHER,
        "cent|cents|ct|ct .|cts|euro cent|euro cents|eurocent|eurocents" },
    { DE, PL_NUMBER_OTHER, "rappen|rp|groschen|pfennig|teuro|teur" },
    { EN, PL_NUMBER_OTHER, "penny|pennies|pence|dime|dimes|nickel" },
    { FR, PL_NUMBER_OTHER, "centime|centimes|ct|cts" },
    { ES, PL_NUMBER_OTHER, "centimo|centimos|centavo|centavos" },
    { IT, PL_NUMBER_OTHER, "centesimo|centesimi" },

    { DE, PL_NUMBER_OTHER,
        "uhr|h|std|std .|stunde|stunden|minute|minuten|min|sekunden|tag"
        "|tage|tagen|woche|wochen|monate|monaten|jahr|jahre|jahren"
        "|jahrige|jahrig|seit|um|gegen|nr|nr .|nummer|punkt|version|seite"
        "|kapitel|option|antwort|januar|februar|marz|april|mai|juni|juli"
        "|august|september|oktober|november|dezember|km|kg|m2|qm|meter"
        "|grad|plz|tel|telefon|mobil|strasse|hausnummer|klasse|jg" },
    { EN, PL_NUMBER_OTHER,
        "h|hrs|hour|hours|minute|minutes|min|mins|sec|seconds|day|days"
        "|week|weeks|month|months|year|years|yrs|yo|old|o clock|since|at"
        "|number|no .|nr|version|v|page|chapter|option|answer|point"
        "|january|february|march|april|june|july|august|september|october"
        "|november|december|km|kg|miles|meters|degrees|tel|phone|mobile"
        "|street|ago|pm|am|a m|p m|tomorrow|today|zip|class" },
    { NL, PL_NUMBER_OTHER,
        "uur|u|minuut|minuten|min|seconden|dag|dagen|week|weken|maand"
        "|maanden|jaar|jaren|sinds|om|nr|nummer|punt|versie|optie"
        "|antwoord|januari|februari|maart|april|mei|juni|juli|augustus"
        "|september|oktober|november|december|km|kg|meter|graden|tel"
        "|telefoon|postcode|geleden|over" },
    { FR, PL_NUMBER_OTHER,
        "h|heure|heures|minute|minutes|min|jour|jours|semaine|semaines"
        "|mois|an|ans|annee|annees|depuis|numero|no|point|version|option"
        "|reponse|janvier|fevrier|mars|avril|mai|juin|juillet|aout"
        "|septembre|octobre|novembre|decembre|km|kg|metres|degres|tel"
        "|telephone|il y a" },
    { ES, PL_NUMBER_OTHER,
        "h|hora|horas|minuto|minutos|min|dia|dias|semana|semanas|mes"
        "|meses|ano|anos|desde|numero|punto|version|opcion|respuesta"
        "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre"
        "|octubre|noviembre|diciembre|km|kg|metros|grados|tel|telefono"
        "|hace|a las" },
    { IT, PL_NUMBER_OTHER,
        "h|ora|ore|minuto|minuti|min|giorno|giorni|settimana|settimane"
        "|mese|mesi|anno|anni|dal|numero|punto|versione|opzione|risposta"
        "|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto"
        "|settembre|ottobre|novembre|dicembre|km|kg|metri|gradi|tel"
        "|telefono|fa|alle" },
};

const size_t  pl_answer_number_rows_n = PL_COUNT(pl_answer_number_rows);
