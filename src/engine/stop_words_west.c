/*
 * Words of refusal of the west of Europe, and those of no language alone.
 * See stop_words.h.
 */

#include "stop_words.h"


const pl_stop_row_t  pl_stop_words_west[] = {

    { "", PL_STOP_STOP,
      "stop|stopp|stopall|stop all|st0p|stopps" },

    { "en", PL_STOP_STOP,
      "unsubscribe|un subscribe|unsub|unsubscribe me|unsubscirbe|"
      "unsuscribe|optout|opt out|opt me out|opted out|stop it all|"
      "stop everything|stop messages|stop the messages|stop all messages|"
      "stop messaging me|stop messaging|stop texting me|stop texting|"
      "stop these texts|stop sending messages|stop sending me messages|"
      "stop sending texts|stop contacting me|stop writing me|stop spam|"
      "stop spamming|stop spamming me|stop ads|stop marketing|"
      "stop promotions|stop newsletter|no more messages|no more texts|"
      "no more spam|no more ads|no ads|no marketing|remove me|"
      "remove me from your list|remove me from the list|"
      "remove me from this list|take me off your list|take me off the list|"
      "take me off this list|do not contact me|don't contact me|"
      "dont contact me|do not text me|don't text me|dont text me|"
      "do not message me|don't message me|dont message me|"
      "do not write to me|leave me alone|i want to unsubscribe|"
      "i would like to unsubscribe|i want to opt out|"
      "i would like to opt out|i wish to opt out|i revoke my consent|"
      "i withdraw my consent|withdraw consent|revoke consent|"
      "stop subscription" },
    { "en", PL_STOP_WEAK,
      "cancel|end|quit|revoke|stop now" },
    { "en", PL_STOP_START,
      "start|unstop|resume|subscribe|subscribe me|opt in|optin|opt me in|"
      "start messages|restart" },
    { "en", PL_STOP_HELP,
      "help|info" },
    { "en", PL_STOP_UNCLEAR,
      "go away|enough|no more|delete me|delete my data|delete my number|"
      "lose my number|shut up|spam|stop that|fuck off|piss off|block|"
      "who is this stop|not interested stop" },
    { "en", PL_STOP_POLITE,
      "please|pls|plz|plse|thanks|thank you|thank u|thx|tnx|ty|"
      "thank you very much|many thanks|thanks a lot|cheers|hi|hello|hey|"
      "dear|sir|madam|ok|okay|kindly|sorry|regards|best regards|"
      "kind regards|have a nice day|good morning|good afternoon|"
      "good evening|now|right now|immediately|at once|asap|today|yes" },
    { "en", PL_STOP_LIGHT,
      "this|that|it|these|those|the|me|my|you|your|can|could|would|will|i|"
      "we|want|like|wish|need|have|to|how|do|does|is|be|all|everything|"
      "message|messages|messaging|texts|text|texting|sms|emails|ads|send|"
      "sending|contact|contacting|from|of|for|with|just|already|a|us|"
      "receiving|getting|get|what|where|why|so|and|now|said|told|again|"
      "times|fucking|damn|bloody|bothering|calling|harassing" },
    { "en", PL_STOP_OTHER,
      "bus stop|the bus stop|tram stop|pit stop|full stop|one stop|"
      "non stop|nonstop|stop sign|stop watch|stop over|door stop|last stop|"
      "next stop|stop by|stop in|don't stop|dont stop|do not stop|"
      "never stop|can't stop|cant stop|won't stop|non-stop|stop loss|"
      "short stop|stop it's|quick stop|first stop|stop and go" },

    { "de", PL_STOP_STOP,
      "stoppt|stoppen|stopp alle|alles stoppen|abmelden|abmeldung|"
      "ich melde mich ab|melde mich ab|meld mich ab|melden sie mich ab|"
      "bitte um abmeldung|abbestellen|abbestellung|ich bestelle ab|"
      "austragen|trag mich aus|tragen sie mich aus|newsletter abbestellen|"
      "newsletter abmelden|keine nachrichten mehr|keine nachrichten|"
      "keine weiteren nachrichten|keine nachrichten mehr senden|"
      "keine nachrichten mehr schicken|keine sms mehr|keine mails mehr|"
      "keinen newsletter mehr|keine werbung|keine werbung mehr|"
      "werbung abbestellen|werbung stoppen|werbung stopp|"
      "nicht mehr schreiben|nicht mehr anschreiben|nicht mehr kontaktieren|"
      "schreib mir nicht mehr|schreibt mir nicht mehr|"
      "schreiben sie mir nicht mehr|kontaktieren sie mich nicht mehr|"
      "kontaktiere mich nicht mehr|ich möchte mich abmelden|"
      "ich will mich abmelden|ich möchte abbestellen|"
      "ich möchte keine nachrichten mehr|"
      "ich möchte keine nachrichten mehr erhalten|"
      "ich möchte keine nachrichten mehr bekommen|"
      "ich will keine nachrichten mehr|"
      "ich will keine nachrichten mehr bekommen|ich möchte keine werbung|"
      "ich möchte keine werbung mehr|ich will keine werbung|"
      "ich will keine werbung mehr|widerruf|ich widerrufe|widerrufen|"
      "ich widerrufe meine einwilligung|einwilligung widerrufen|"
      "hiermit widerrufe ich meine einwilligung|aus dem verteiler nehmen|"
      "nehmen sie mich aus dem verteiler|nimm mich aus dem verteiler|"
      "nehmt mich aus dem verteiler|aus dem verteiler löschen|"
      "löschen sie mich aus dem verteiler|lass mich in ruhe|"
      "lasst mich in ruhe|lassen sie mich in ruhe|abo beenden" },
    { "de", PL_STOP_WEAK,
      "ende|beenden" },
    { "de", PL_STOP_START,
      "start|starten|anmelden|wieder anmelden|"
      "ich möchte mich wieder anmelden|abonnieren|wieder abonnieren" },
    { "de", PL_STOP_HELP,
      "hilfe" },
    { "de", PL_STOP_UNCLEAR,
      "kündigen|kündigung|ich kündige|schluss|schluss damit|aufhören|"
      "hör auf|hören sie auf|hört auf|hört auf damit|genug|es reicht|"
      "jetzt reicht es|ruhe|lösch mich|löschen sie mich|"
      "meine daten löschen|löschen sie meine daten|kein interesse mehr|"
      "nervt|das nervt|raus" },
    { "de", PL_STOP_POLITE,
      "bitte|bitte sehr|danke|dankeschön|danke schön|danke sehr|"
      "vielen dank|besten dank|herzlichen dank|mfg|lg|vg|hallo|hi|hey|moin|"
      "servus|guten tag|guten morgen|guten abend|sofort|jetzt|umgehend|"
      "ab sofort|liebe grüße|viele grüße|mit freundlichen grüßen|"
      "freundliche grüße|gruß|schönen tag|schönen tag noch|ja" },
    { "de", PL_STOP_LIGHT,
      "das|dies|diese|dieser|den|die|der|es|mich|mir|sie|du|ihr|ich|wir|"
      "will|möchte|kann|können|könnt|kannst|man|wie|hier|endlich|doch|mal|"
      "alle|alles|nachrichten|nachricht|werbung|sms|damit|von|euch|ihnen|"
      "zu|nun|bin|gerne|gern|sagte|gesagt|schrieb|geschrieben|habe|hab|"
      "schon|bereits|nochmal|jetzt|einfach|verdammt" },
    { "de", PL_STOP_OTHER,
      "bitte nicht stoppen|nicht stoppen|nicht abmelden|nicht abbestellen|"
      "stopp nicht|stop nicht|bushaltestelle|stoppuhr|stoppschild|"
      "nächster stopp|nächster stop|zwischenstopp|nicht stopp|nonstop" },

    { "nl", PL_STOP_STOP,
      "stoppen|stop er mee|stop ermee|afmelden|afmelding|meld me af|"
      "meld mij af|ik meld me af|uitschrijven|uitschrijving|schrijf me uit|"
      "schrijf mij uit|ik wil me uitschrijven|ik wil me afmelden|"
      "ik wil mij afmelden|geen berichten meer|geen berichten|"
      "geen sms meer|geen appjes meer|geen reclame|geen reclame meer|"
      "geen spam meer|stuur geen berichten meer|"
      "stuur me geen berichten meer|stuur me niets meer|niet meer sturen|"
      "niet meer appen|niet meer mailen|niet meer contacteren|"
      "neem geen contact meer op|ik wil geen berichten meer|"
      "ik wil geen berichten meer ontvangen|ik wil geen reclame meer|"
      "haal me van de lijst|haal mij van de lijst|haal me uit de lijst|"
      "verwijder me van de lijst|abonnement stoppen|berichten stoppen|"
      "ik trek mijn toestemming in|toestemming intrekken|laat me met rust|"
      "laat mij met rust" },
    { "nl", PL_STOP_START,
      "start|aanmelden|inschrijven|weer aanmelden|ik wil me weer aanmelden" },
    { "nl", PL_STOP_HELP,
      "hulp" },
    { "nl", PL_STOP_UNCLEAR,
      "opzeggen|genoeg|hou op|houd op|hou op hiermee|verwijder mij|"
      "verwijder me|klaar ermee" },
    { "nl", PL_STOP_POLITE,
      "alsjeblieft|alstublieft|aub|a.u.b.|svp|graag|bedankt|dank je|"
      "dank je wel|dankjewel|dank u|dank u wel|hallo|hoi|dag|goedemorgen|"
      "goedemiddag|goedenavond|nu|direct|meteen|onmiddellijk|groet|"
      "groetjes|met vriendelijke groet|ja" },
    { "nl", PL_STOP_LIGHT,
      "dit|dat|het|de|die|deze|me|mij|ik|je|u|jullie|wil|kan|kun|kunnen|"
      "kunt|alle|alles|berichten|bericht|appjes|reclame|hiermee|ermee|maar|"
      "van|hoe|mee|eens|even" },
    { "nl", PL_STOP_OTHER,
      "niet stoppen|bushalte|stop niet|niet afmelden|stopcontact" },

    { "fr", PL_STOP_STOP,
      "stop sms|stop pub|stop publicité|arrêt|arrêter|arrêtez|arrête|"
      "arrêtez tout|tout arrêter|arrêt des messages|arrêtez les messages|"
      "arrêter les messages|stopper|stoppez|désabonner|désabonnement|"
      "désabonnez moi|désabonne moi|me désabonner|se désabonner|"
      "je me désabonne|je veux me désabonner|je souhaite me désabonner|"
      "je voudrais me désabonner|désinscrire|désinscription|"
      "désinscrivez moi|me désinscrire|se désinscrire|"
      "je veux me désinscrire|je souhaite me désinscrire|plus de message|"
      "plus de messages|plus de sms|plus de pub|plus de publicité|"
      "pas de pub|pas de publicité|ne m'envoyez plus de messages|"
      "ne m'envoyez plus de message|ne m'envoyez plus rien|"
      "ne m'envoie plus de messages|n'envoyez plus de messages|"
      "ne m'écrivez plus|ne m'écris plus|ne me contactez plus|"
      "ne me contacte plus|arrêtez de m'écrire|arrête de m'écrire|"
      "arrêtez de m'envoyer des messages|arrêtez de me contacter|"
      "retirez moi de la liste|retirez moi de votre liste|"
      "supprimez moi de votre liste|supprimez moi de la liste|"
      "enlevez moi de la liste|je ne veux plus de messages|"
      "je ne veux plus recevoir de messages|"
      "je ne souhaite plus recevoir de messages|je veux plus de messages|"
      "laissez moi tranquille|laisse moi tranquille|"
      "je retire mon consentement" },
    { "fr", PL_STOP_START,
      "start|reprendre|s'abonner|m'abonner|abonnez moi|abonnement|"
      "je m'abonne|réabonner|je veux me réabonner" },
    { "fr", PL_STOP_HELP,
      "aide" },
    { "fr", PL_STOP_UNCLEAR,
      "résilier|résiliation|fin|assez|ça suffit|supprimez moi|"
      "foutez moi la paix|fichez moi la paix|c'est bon stop" },
    { "fr", PL_STOP_POLITE,
      "s'il vous plaît|s'il te plaît|svp|stp|merci|merci beaucoup|"
      "merci bien|merci d'avance|bonjour|bonsoir|salut|cordialement|"
      "immédiatement|maintenant|tout de suite|bonne journée|bien à vous|oui" },
    { "fr", PL_STOP_LIGHT,
      "ça|ca|cela|ce|ces|cette|le|la|les|l|de|des|d|me|m|moi|je|j|tu|vous|"
      "veux|voudrais|peux|peut|pouvez|pouvez vous|il|faut|messages|message|"
      "sms|tout|tous|à|avec|en|comment|pour|vos|votre" },
    { "fr", PL_STOP_OTHER,
      "arrêt de bus|l'arrêt de bus|ne t'arrête pas|ne vous arrêtez pas|"
      "n'arrêtez pas|n'arrête pas|ne pas arrêter|auto stop|autostop|"
      "arrêt maladie|prochain arrêt|en arrêt|sans arrêt" },

    { "es", PL_STOP_STOP,
      "stop mensajes|baja ya|darme de baja|dar de baja|dame de baja|"
      "deme de baja|denme de baja|darse de baja|quiero darme de baja|"
      "deseo darme de baja|me doy de baja|me quiero dar de baja|"
      "cancelar suscripción|cancelar la suscripción|"
      "cancelar mi suscripción|anular suscripción|anular la suscripción|"
      "desuscribir|desuscribirme|desuscribirse|desuscríbeme|"
      "no más mensajes|no mas msj|no más sms|no más publicidad|"
      "no publicidad|sin publicidad|no quiero publicidad|"
      "no quiero más publicidad|no quiero mensajes|no quiero más mensajes|"
      "no quiero recibir mensajes|no quiero recibir más mensajes|"
      "no deseo recibir más mensajes|no me escriban más|no me escriba más|"
      "no me escribas más|no me envíen más mensajes|"
      "no me envíe más mensajes|no me envíes más mensajes|"
      "no me manden más mensajes|no me mandes más mensajes|"
      "no me contacten más|no enviar más|no envíen más|dejen de escribirme|"
      "deja de escribirme|deje de escribirme|dejen de enviarme mensajes|"
      "dejar de recibir mensajes|quiero dejar de recibir mensajes|"
      "parar mensajes|paren los mensajes|detener mensajes|"
      "quítame de la lista|quíteme de la lista|quítenme de la lista|"
      "sáquenme de la lista|sácame de la lista|bórrenme de la lista|"
      "eliminarme de la lista|elimíneme de la lista|"
      "revoco mi consentimiento|retiro mi consentimiento" },
    { "es", PL_STOP_WEAK,
      "baja|parar|pare|paren|para ya|paren ya|detener|detengan|cancelar|"
      "fin|salir|terminar|desactivar" },
    { "es", PL_STOP_START,
      "start|iniciar|alta|darme de alta|quiero darme de alta|suscribir|"
      "suscribirme|suscríbeme|reanudar" },
    { "es", PL_STOP_HELP,
      "ayuda" },
    { "es", PL_STOP_UNCLEAR,
      "para|basta|basta ya|ya basta|déjame en paz|déjenme en paz|"
      "déjeme en paz|borrar mis datos|bórrenme|no molestar|no molesten|"
      "no moleste" },
    { "es", PL_STOP_POLITE,
      "por favor|porfavor|porfa|por fa|gracias|muchas gracias|mil gracias|"
      "hola|buenas|buenos días|buenas tardes|buenas noches|ya|ahora|"
      "ahora mismo|inmediatamente|de inmediato|saludos|un saludo|sí" },
    { "es", PL_STOP_LIGHT,
      "esto|eso|esta|este|estos|los|las|el|la|lo|me|mi|yo|tú|usted|ustedes|"
      "quiero|quisiera|puedo|puede|pueden|puedes|mensajes|mensaje|sms|de|"
      "del|con|todo|todos|como|cómo|a|que|por|más" },
    { "es", PL_STOP_OTHER,
      "no pares|no paren|sin parar|parada de autobús|no cancelar|"
      "no quiero darme de baja|señal de stop|auto stop|autostop|"
      "baja médica|de baja|la baja" },

    { "ca", PL_STOP_STOP,
      "donar-me de baixa|donar de baixa|doneu-me de baixa|"
      "vull donar-me de baixa|no més missatges|no vull més missatges|"
      "no vull rebre més missatges|no m'envieu més missatges|"
      "no m'escriviu més|deixeu d'escriure'm|atureu els missatges|"
      "sense publicitat|no vull publicitat" },
    { "ca", PL_STOP_WEAK,
      "atura|atureu|aturar" },
    { "ca", PL_STOP_START,
      "alta|donar-me d'alta" },
    { "ca", PL_STOP_HELP,
      "ajuda" },
    { "ca", PL_STOP_UNCLEAR,
      "prou|ja n'hi ha prou" },
    { "ca", PL_STOP_POLITE,
      "si us plau|sisplau|gràcies|moltes gràcies|bon dia|ara|hola" },

    { "it", PL_STOP_STOP,
      "cancellami|cancellatemi|cancellarmi|disiscrivimi|disiscrivetemi|"
      "disiscrivermi|disiscrizione|voglio disiscrivermi|"
      "vorrei disiscrivermi|voglio cancellarmi|vorrei cancellarmi|"
      "annulla iscrizione|annullare l'iscrizione|annulla l'iscrizione|"
      "cancella iscrizione|cancellazione iscrizione|rimuovimi|rimuovetemi|"
      "rimuovimi dalla lista|rimuovetemi dalla lista|toglimi dalla lista|"
      "toglietemi dalla lista|cancellatemi dalla lista|basta messaggi|"
      "basta sms|stop messaggi|niente messaggi|niente più messaggi|"
      "niente pubblicità|basta pubblicità|no pubblicità|"
      "non voglio messaggi|non voglio più messaggi|"
      "non voglio più ricevere messaggi|non voglio ricevere messaggi|"
      "non desidero più ricevere messaggi|non desidero ricevere messaggi|"
      "non scrivetemi più|non scrivermi più|non mi scrivere più|"
      "non mi scrivete più|non mandatemi più messaggi|"
      "non mi mandate più messaggi|non inviatemi più messaggi|"
      "non inviare più messaggi|non contattatemi più|non contattarmi più|"
      "smettila di scrivermi|smettetela di scrivermi|smettete di scrivermi|"
      "interrompi messaggi|ferma i messaggi|fermate i messaggi|"
      "revoco il consenso|ritiro il consenso|revoca consenso|"
      "lasciatemi in pace|lasciami in pace" },
    { "it", PL_STOP_WEAK,
      "interrompi|interrompere|ferma|fermare|fermate" },
    { "it", PL_STOP_START,
      "start|iscrivimi|iscrivetemi|iscrivermi|voglio iscrivermi|riprendi|"
      "riprendere|riattiva" },
    { "it", PL_STOP_HELP,
      "aiuto" },
    { "it", PL_STOP_UNCLEAR,
      "basta|basta così|smettila|smettetela|fermati|fermatevi|disdire|"
      "disdetta|elimina i miei dati" },
    { "it", PL_STOP_POLITE,
      "per favore|perfavore|per piacere|per cortesia|grazie|grazie mille|"
      "ciao|salve|buongiorno|buonasera|subito|adesso|ora|immediatamente|"
      "cortesemente|gentilmente|saluti|cordiali saluti|sì" },
    { "it", PL_STOP_LIGHT,
      "questo|questa|questi|queste|i|il|la|le|lo|di|da|mi|me|voglio|vorrei|"
      "posso|può|potete|puoi|messaggi|messaggio|sms|tutto|tutti|con|per|"
      "come|che|a" },
    { "it", PL_STOP_OTHER,
      "fermata dell'autobus|non fermarti|non fermatevi|autostop|"
      "senza sosta|non smettere" },

    { "pt", PL_STOP_STOP,
      "descadastrar|descadastre|descadastro|descadastrar-me|me descadastre|"
      "me descadastra|quero me descadastrar|cancelar inscrição|"
      "cancelar a inscrição|cancelar subscrição|anular subscrição|"
      "me remova|remova-me|me remova da lista|remova-me da lista|"
      "remover da lista|me tire da lista|tire-me da lista|me tira da lista|"
      "retire-me da lista|me exclua da lista|não quero mensagens|"
      "não quero mais mensagens|não quero mais receber mensagens|"
      "não quero receber mais mensagens|não quero receber mensagens|"
      "não desejo mais receber mensagens|não me envie mais mensagens|"
      "não me enviem mais mensagens|não envie mais mensagens|"
      "não enviem mais mensagens|não me mande mais mensagens|"
      "não me mandem mais mensagens|não mande mais mensagens|"
      "não enviar mais|não me escreva mais|não me escrevam mais|"
      "não me contacte mais|não me contactem mais|não me contate mais|"
      "pare de me mandar mensagens|parem de me mandar mensagens|"
      "pare de enviar mensagens|parem de enviar mensagens|"
      "pare de me enviar mensagens|parar mensagens|parar de receber|"
      "quero parar de receber|chega de mensagens|sem mensagens|"
      "sem mais mensagens|sem publicidade|sem propaganda|"
      "não quero publicidade|não quero propaganda|"
      "não quero mais propaganda|retiro o meu consentimento|"
      "retiro meu consentimento|revogo o meu consentimento|"
      "revogo meu consentimento" },
    { "pt", PL_STOP_WEAK,
      "parar|pare|parem|sair|remover|cancelar|fim|encerrar|desativar" },
    { "pt", PL_STOP_START,
      "start|iniciar|inscrever|inscrever-me|me inscreva|quero me inscrever|"
      "voltar a receber|quero voltar a receber|subscrever" },
    { "pt", PL_STOP_HELP,
      "ajuda" },
    { "pt", PL_STOP_UNCLEAR,
      "para|para com isso|parem com isso|chega|basta|me deixe em paz|"
      "deixe-me em paz|me deixa em paz|apagar meus dados|apague meus dados" },
    { "pt", PL_STOP_POLITE,
      "por favor|porfavor|pf|pfv|pff|faz favor|obrigado|obrigada|"
      "muito obrigado|muito obrigada|obg|valeu|olá|oi|bom dia|boa tarde|"
      "boa noite|agora|já|imediatamente|grato|grata|sim" },
    { "pt", PL_STOP_LIGHT,
      "isto|isso|esta|este|estas|estes|as|os|o|a|de|da|do|me|eu|você|vocês|"
      "quero|queria|posso|pode|podem|mensagens|mensagem|sms|tudo|todas|"
      "todos|com|como|mais|que" },
    { "pt", PL_STOP_OTHER,
      "não pare|não parem|sem parar|ponto final|parada de ônibus|"
      "não cancelar" },

    { NULL, PL_STOP_NONE, NULL }
};
