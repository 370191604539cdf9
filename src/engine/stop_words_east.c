/*
 * Words of refusal of the east of Europe, and of Turkey.
 * See stop_words.h.
 */

#include "stop_words.h"


const pl_stop_row_t  pl_stop_words_east[] = {

    { "pl", PL_STOP_STOP,
      "wypisz|wypisz mnie|wypiszcie mnie|proszę mnie wypisać|wypisać|"
      "wypisz mnie z listy|wypisuję się|chcę się wypisać|rezygnuję|"
      "rezygnacja|rezygnuje|chcę zrezygnować|zrezygnuj z subskrypcji|"
      "anuluj subskrypcję|anulować subskrypcję|nie wysyłaj|nie wysyłajcie|"
      "nie wysyłać|nie wysyłaj więcej|nie wysyłajcie więcej|"
      "nie wysyłaj mi wiadomości|nie wysyłajcie mi wiadomości|"
      "nie przysyłajcie|nie przysyłajcie więcej|nie pisz|nie pisz więcej|"
      "nie piszcie|nie piszcie więcej|nie pisz do mnie|nie piszcie do mnie|"
      "nie piszcie do mnie więcej|proszę nie pisać|proszę nie wysyłać|"
      "nie chcę wiadomości|nie chcę więcej wiadomości|"
      "nie chcę dostawać wiadomości|nie chcę otrzymywać wiadomości|"
      "nie życzę sobie wiadomości|nie życzę sobie|koniec wiadomości|"
      "żadnych wiadomości|bez reklam|nie chcę reklam|stop reklamom|"
      "stop reklama|usuń mnie|usuń mnie z listy|usuńcie mnie z listy|"
      "usuńcie mnie|proszę mnie usunąć|przestań pisać|"
      "przestań do mnie pisać|przestańcie pisać|przestańcie wysyłać|"
      "nie kontaktujcie się ze mną|dajcie mi spokój|daj mi spokój|"
      "wycofuję zgodę|cofam zgodę|odwołuję zgodę" },
    { "pl", PL_STOP_WEAK,
      "zatrzymaj|wyłącz|zrezygnuj" },
    { "pl", PL_STOP_START,
      "start|zapisz|zapisz mnie|zapiszcie mnie|subskrybuj|wznów|"
      "chcę się zapisać" },
    { "pl", PL_STOP_HELP,
      "pomoc" },
    { "pl", PL_STOP_UNCLEAR,
      "koniec|przestań|przestańcie|dość|dosyć|zakończ|wystarczy|"
      "odczepcie się" },
    { "pl", PL_STOP_POLITE,
      "proszę|bardzo proszę|dziękuję|dzięki|dziekuje|dzień dobry|witam|"
      "cześć|natychmiast|teraz|już|pozdrawiam|tak" },
    { "pl", PL_STOP_LIGHT,
      "to|te|tego|tych|mi|mnie|ja|chcę|mogę|możesz|możecie|jak|wiadomości|"
      "sms|smsy|wszystko|z|już|się" },
    { "pl", PL_STOP_OTHER,
      "nie zatrzymuj|nie przestawaj|bez przerwy|non stop|na stopa" },

    { "cs", PL_STOP_STOP,
      "odhlásit|odhlásit se|odhlaste mě|odhlas mě|odhlášení|odhlašuji se|"
      "chci se odhlásit|zrušit odběr|zrušte odběr|už mi nepište|nepište mi|"
      "nepiš mi|nepište|nepište mi prosím|neposílejte|neposílejte mi nic|"
      "neposílejte mi zprávy|neposílejte zprávy|neposílej mi zprávy|"
      "nechci zprávy|nechci žádné zprávy|nechci další zprávy|"
      "nechci dostávat zprávy|žádné zprávy|žádné další zprávy|"
      "žádná reklama|žádné reklamy|nechci reklamu|nechci reklamy|"
      "vyřaďte mě ze seznamu|vymažte mě ze seznamu|odeberte mě ze seznamu|"
      "přestaňte mi psát|nekontaktujte mě|odvolávám souhlas|"
      "zastavte zprávy|nechte mě být" },
    { "cs", PL_STOP_WEAK,
      "zastavit|zastavte|ukončit" },
    { "cs", PL_STOP_START,
      "start|přihlásit|přihlásit se|přihlaste mě|chci se přihlásit|"
      "obnovit odběr" },
    { "cs", PL_STOP_HELP,
      "pomoc|nápověda" },
    { "cs", PL_STOP_UNCLEAR,
      "konec|dost|přestaň|přestaňte|stačí" },
    { "cs", PL_STOP_POLITE,
      "prosím|prosím vás|děkuji|děkuju|díky|dobrý den|ahoj|ihned|hned|"
      "okamžitě|teď|ano" },
    { "cs", PL_STOP_LIGHT,
      "to|tyto|ty|mi|mě|já|chci|můžete|můžeš|jak|zprávy|sms|všechno|se|už" },

    { "sk", PL_STOP_STOP,
      "odhlásiť|odhlásiť sa|odhláste ma|odhlás ma|odhlásenie|odhlasujem sa|"
      "chcem sa odhlásiť|zrušiť odber|zrušte odber|nepíšte mi|"
      "už mi nepíšte|nepíš mi|nepíšte|neposielajte|neposielajte mi správy|"
      "neposielajte mi nič|neposielaj mi správy|nechcem správy|"
      "nechcem žiadne správy|nechcem ďalšie správy|nechcem dostávať správy|"
      "žiadne správy|žiadne ďalšie správy|žiadna reklama|žiadne reklamy|"
      "nechcem reklamu|nechcem reklamy|vyraďte ma zo zoznamu|"
      "vymažte ma zo zoznamu|prestaňte mi písať|nekontaktujte ma|"
      "odvolávam súhlas|zastavte správy" },
    { "sk", PL_STOP_WEAK,
      "zastaviť|ukončiť" },
    { "sk", PL_STOP_START,
      "start|prihlásiť|prihlásiť sa|prihláste ma|chcem sa prihlásiť" },
    { "sk", PL_STOP_HELP,
      "pomoc" },
    { "sk", PL_STOP_UNCLEAR,
      "koniec|dosť|prestaň|prestaňte|stačí" },
    { "sk", PL_STOP_POLITE,
      "prosím|prosím vás|ďakujem|vďaka|dobrý deň|ahoj|ihneď|hneď|okamžite|"
      "teraz|áno" },

    { "hu", PL_STOP_STOP,
      "leiratkozás|leiratkozom|leiratkozni|leiratkozni szeretnék|"
      "szeretnék leiratkozni|le akarok iratkozni|le szeretnék iratkozni|"
      "ne írjon|ne írjanak|ne írj|ne írjon többet|ne írjanak többet|"
      "ne írj többet|ne küldjenek|ne küldjön több üzenetet|"
      "ne küldjenek több üzenetet|ne küldj több üzenetet|"
      "ne küldjenek üzenetet|nem kérek több üzenetet|nem kérek üzenetet|"
      "nem kérek üzeneteket|nem kérek többet|nem szeretnék több üzenetet|"
      "nem akarok üzeneteket|nem akarok több üzenetet|nem kérek reklámot|"
      "nem kérek hirdetést|ne keressenek|ne keressenek többet|"
      "töröljenek a listáról|töröljön a listáról|"
      "visszavonom a hozzájárulásomat|visszavonom a hozzájárulásom|"
      "üzenetek leállítása|hagyjanak békén" },
    { "hu", PL_STOP_WEAK,
      "állj|leállítás|leállít" },
    { "hu", PL_STOP_START,
      "start|feliratkozás|feliratkozom|fel szeretnék iratkozni" },
    { "hu", PL_STOP_HELP,
      "segítség|súgó" },
    { "hu", PL_STOP_UNCLEAR,
      "elég|elég volt|vége|lemondás|lemondom|hagyjatok békén" },
    { "hu", PL_STOP_POLITE,
      "kérem|kérlek|kérném|köszönöm|köszi|köszönöm szépen|üdv|üdvözlöm|"
      "jó napot|szia|azonnal|most|igen" },

    { "ro", PL_STOP_STOP,
      "dezabonare|dezabonați-mă|dezabonează-mă|dezabonați|mă dezabonez|"
      "vreau să mă dezabonez|doresc să mă dezabonez|opriți mesajele|"
      "oprește mesajele|opriți trimiterea|fără mesaje|nu mai trimiteți|"
      "nu mai trimite|nu mai trimiteți mesaje|nu mai trimite mesaje|"
      "nu-mi mai trimiteți mesaje|nu îmi mai trimiteți mesaje|"
      "nu-mi mai trimite mesaje|nu mai vreau mesaje|nu mai doresc mesaje|"
      "nu doresc mesaje|nu vreau mesaje|nu mai vreau să primesc mesaje|"
      "nu mai doresc să primesc mesaje|nu îmi mai scrieți|"
      "nu-mi mai scrieți|nu-mi mai scrie|nu mă mai contactați|fără reclame|"
      "fără publicitate|nu vreau reclame|scoateți-mă din listă|"
      "scoate-mă din listă|ștergeți-mă din listă|îmi retrag consimțământul|"
      "îmi retrag acordul|retrag acordul|lăsați-mă în pace" },
    { "ro", PL_STOP_WEAK,
      "opriți|oprește|renunț" },
    { "ro", PL_STOP_START,
      "start|abonare|abonează-mă|abonați-mă|vreau să mă abonez" },
    { "ro", PL_STOP_HELP,
      "ajutor" },
    { "ro", PL_STOP_UNCLEAR,
      "gata|ajunge|destul" },
    { "ro", PL_STOP_POLITE,
      "vă rog|te rog|mulțumesc|mulțumesc mult|mersi|bună ziua|bună|"
      "bună seara|salut|imediat|acum|da" },

    { "bg", PL_STOP_STOP,
      "стоп|отпиши|отпиши ме|отпишете ме|отписване|искам да се отпиша|"
      "отказвам се|не ми пишете|не ми пишете повече|не ми пиши|"
      "не ми пиши повече|не ми пращайте|не ми пращайте съобщения|"
      "не ми изпращайте съобщения|не пращайте съобщения|не изпращайте|"
      "не изпращайте повече|не изпращайте съобщения|не искам съобщения|"
      "не искам повече съобщения|не желая съобщения|"
      "не желая да получавам съобщения|без съобщения|без реклами|"
      "не искам реклами|премахнете ме от списъка|махнете ме от списъка|"
      "изтрийте ме от списъка|не ме търсете|оттеглям съгласието си|"
      "прекратете съобщенията|спрете съобщенията|оставете ме на мира" },
    { "bg", PL_STOP_WEAK,
      "спри|спрете|прекратете|прекрати" },
    { "bg", PL_STOP_START,
      "старт|абонирай ме|абонирайте ме|абониране|искам да се абонирам" },
    { "bg", PL_STOP_HELP,
      "помощ" },
    { "bg", PL_STOP_UNCLEAR,
      "край|достатъчно|стига" },
    { "bg", PL_STOP_POLITE,
      "моля|моля ви|благодаря|мерси|здравейте|здрасти|добър ден|веднага|"
      "сега|да" },

    { "el", PL_STOP_STOP,
      "στοπ|στοπ μηνύματα|διαγραφή|κατάργηση εγγραφής|απεγγραφή|"
      "διαγράψτε με|διέγραψέ με|διαγραφή από τη λίστα|"
      "διαγράψτε με από τη λίστα|βγάλτε με από τη λίστα|θέλω να διαγραφώ|"
      "θέλω διαγραφή|μη μου στέλνετε|μην μου στέλνετε|"
      "μη μου στέλνετε μηνύματα|μην μου στέλνετε μηνύματα|"
      "μη μου στέλνετε άλλα μηνύματα|μην μου στέλνετε άλλα μηνύματα|"
      "μη μου γράφετε|μην μου γράφετε|μη στέλνετε|μην στέλνετε|"
      "δεν θέλω μηνύματα|δε θέλω μηνύματα|δεν θέλω άλλα μηνύματα|"
      "δε θέλω άλλα μηνύματα|όχι άλλα μηνύματα|όχι μηνύματα|"
      "δεν επιθυμώ μηνύματα|όχι διαφημίσεις|δεν θέλω διαφημίσεις|"
      "μην επικοινωνείτε μαζί μου|ανακαλώ τη συγκατάθεσή μου|"
      "σταματήστε τα μηνύματα|σταματήστε να μου στέλνετε|"
      "σταματήστε να μου στέλνετε μηνύματα|αφήστε με ήσυχο|αφήστε με ήσυχη" },
    { "el", PL_STOP_WEAK,
      "σταμάτα|σταματήστε|σταμάτημα|διακοπή|stamata|stamatiste" },
    { "el", PL_STOP_START,
      "έναρξη|εγγραφή|start|θέλω να εγγραφώ" },
    { "el", PL_STOP_HELP,
      "βοήθεια" },
    { "el", PL_STOP_UNCLEAR,
      "τέλος|αρκετά|φτάνει" },
    { "el", PL_STOP_POLITE,
      "παρακαλώ|σας παρακαλώ|ευχαριστώ|ευχαριστώ πολύ|γεια σας|γεια|"
      "καλημέρα|καλησπέρα|αμέσως|τώρα|parakalo|efharisto|efxaristo|ναι" },

    { "tr", PL_STOP_STOP,
      "durdur|durdurun|mesajları durdur|mesajları durdurun|abonelikten çık|"
      "abonelikten çıkmak istiyorum|aboneliği iptal et|"
      "aboneliğimi iptal et|aboneliğimi iptal edin|abonelik iptal|"
      "abonelik iptali|üyelikten çık|üyelikten çıkmak istiyorum|"
      "üyelik iptal|üyelik iptali|listeden çıkar|listeden çıkarın|"
      "beni listeden çıkar|beni listeden çıkarın|listeden çıkmak istiyorum|"
      "mesaj atma|mesaj atmayın|bana mesaj atmayın|bana mesaj atma|"
      "mesaj gönderme|mesaj göndermeyin|bana mesaj göndermeyin|"
      "mesaj istemiyorum|artık mesaj istemiyorum|mesaj almak istemiyorum|"
      "artık mesaj almak istemiyorum|sms istemiyorum|sms almak istemiyorum|"
      "reklam istemiyorum|reklam mesajı istemiyorum|bana yazmayın|"
      "bir daha yazmayın|bana yazma|beni aramayın|rahatsız etmeyin|"
      "beni rahatsız etmeyin|onayımı geri çekiyorum|iznimi geri çekiyorum|"
      "izni iptal et" },
    { "tr", PL_STOP_WEAK,
      "iptal|iptal et|iptal edin|ret|çıkış|çık|son ver" },
    { "tr", PL_STOP_START,
      "start|başla|başlat|abone ol|abone olmak istiyorum|kaydol" },
    { "tr", PL_STOP_HELP,
      "yardım" },
    { "tr", PL_STOP_UNCLEAR,
      "yeter|yeter artık|bırak|bırakın|verilerimi silin|dur" },
    { "tr", PL_STOP_POLITE,
      "lütfen|teşekkürler|teşekkür ederim|teşekkür|sağ ol|sağol|sağ olun|"
      "merhaba|selam|iyi günler|hemen|artık|şimdi|rica ederim|evet" },
    { "tr", PL_STOP_LIGHT,
      "bu|bunu|şunu|beni|bana|ben|istiyorum|nasıl|mesaj|mesajları|mesajlar|"
      "sms|hepsini|tüm|edin" },

    { "ru", PL_STOP_STOP,
      "стоп|стоп рассылка|стоп реклама|отписка|отписаться|"
      "отписаться от рассылки|отпишите|отпишите меня|отпиши|отпиши меня|"
      "отмена подписки|отменить подписку|отмените подписку|хочу отписаться|"
      "я хочу отписаться|прошу отписать|не пишите|не пишите мне|"
      "не пишите больше|не пишите мне больше|больше не пишите|"
      "больше мне не пишите|не пиши мне|не пиши мне больше|не присылайте|"
      "не присылайте больше|больше не присылайте|"
      "не присылайте мне сообщения|не шлите|не отправляйте|"
      "не отправляйте больше|не отправляйте мне сообщения|не надо писать|"
      "не надо мне писать|не хочу получать сообщения|"
      "я не хочу получать сообщения|не хочу получать рассылку|"
      "не хочу сообщений|не хочу рекламы|не нужна реклама|без рекламы|"
      "хватит писать|хватит мне писать|хватит присылать|хватит спамить|"
      "прекратите писать|прекратите рассылку|прекратите спам|"
      "остановить рассылку|остановите рассылку|отключить рассылку|"
      "отключите рассылку|уберите меня из списка|удалите меня из списка|"
      "удалите меня из рассылки|уберите меня из рассылки|"
      "исключите меня из рассылки|отзываю согласие|я отзываю согласие|"
      "отзываю свое согласие|не беспокоить|не беспокойте|"
      "не беспокойте меня|отказаться от рассылки|отказ от рассылки|"
      "оставьте меня в покое" },
    { "ru", PL_STOP_WEAK,
      "остановить|остановите|прекратить|прекратите|отключить|отключите" },
    { "ru", PL_STOP_START,
      "старт|подписаться|подписка|подпишите меня|возобновить|"
      "хочу подписаться" },
    { "ru", PL_STOP_HELP,
      "помощь" },
    { "ru", PL_STOP_UNCLEAR,
      "хватит|достаточно|отказаться|отказываюсь|конец|отстаньте|отстань|"
      "удалите меня|удалите мои данные|надоели" },
    { "ru", PL_STOP_POLITE,
      "пожалуйста|пож|плиз|спасибо|спс|большое спасибо|благодарю|"
      "здравствуйте|привет|добрый день|доброе утро|добрый вечер|немедленно|"
      "сейчас|срочно|прямо сейчас|с уважением|прошу|да" },
    { "ru", PL_STOP_LIGHT,
      "это|эту|эти|этот|мне|меня|я|вы|мы|хочу|можно|можете|как|сообщения|"
      "сообщение|смс|рассылку|всё|все|от|с|уже|мой" },
    { "ru", PL_STOP_OTHER,
      "не останавливайтесь|не останавливайся|автобусная остановка|"
      "не отписывайте|не отписываться|без остановки|нон стоп|автостоп|"
      "стоп кран|стоп линия" },

    { "uk", PL_STOP_STOP,
      "стоп|стоп розсилка|відписатися|відписатись|відпишіть|відпишіть мене|"
      "відпиши мене|відписка|скасувати підписку|скасуйте підписку|"
      "хочу відписатися|я хочу відписатися|відмовитися від розсилки|"
      "відмова від розсилки|не пишіть|не пишіть мені|не пишіть більше|"
      "не пишіть мені більше|більше не пишіть|не пиши мені|не надсилайте|"
      "не надсилайте більше|більше не надсилайте|"
      "не надсилайте мені повідомлення|не присилайте|не відправляйте|"
      "не хочу повідомлень|не хочу отримувати повідомлення|не хочу реклами|"
      "не потрібна реклама|без реклами|зупинити розсилку|зупиніть розсилку|"
      "припиніть розсилку|припиніть писати|вимкнути розсилку|"
      "приберіть мене зі списку|видаліть мене зі списку|"
      "видаліть мене з розсилки|відкликаю згоду|не турбуйте|не турбувати|"
      "не турбуйте мене|дайте мені спокій" },
    { "uk", PL_STOP_WEAK,
      "зупинити|зупиніть|припинити|припиніть" },
    { "uk", PL_STOP_START,
      "старт|підписатися|підписатись|підпишіть мене|відновити|"
      "хочу підписатися" },
    { "uk", PL_STOP_HELP,
      "допомога" },
    { "uk", PL_STOP_UNCLEAR,
      "досить|годі|відмовитися|відмовляюся|кінець|відчепіться|видаліть мене" },
    { "uk", PL_STOP_POLITE,
      "будь ласка|будьласка|дякую|щиро дякую|вітаю|добрий день|привіт|"
      "негайно|зараз|терміново|прошу|так" },
    { "uk", PL_STOP_LIGHT,
      "це|цю|ці|мені|мене|я|ви|хочу|можна|можете|як|повідомлення|смс|"
      "розсилку|все|всі|від" },

    { "hr", PL_STOP_STOP,
      "odjava|odjavi me|odjavite me|odjavi|odjaviti|odjaviti se|"
      "odjavljujem se|želim se odjaviti|želim da se odjavim|"
      "hoću da se odjavim|ne šalji|ne šaljite|ne šalji više|"
      "ne šaljite više|ne šaljite mi poruke|ne šaljite mi više poruke|"
      "ne šaljite poruke|ne šalji mi poruke|nemojte slati|"
      "nemojte mi slati poruke|nemojte više slati poruke|ne želim poruke|"
      "ne želim više poruka|ne želim primati poruke|"
      "ne želim više primati poruke|ne želim da primam poruke|neću poruke|"
      "ne pišite mi|ne pišite mi više|ne piši mi|nemojte mi pisati|"
      "bez poruka|bez reklama|ne želim reklame|nema više poruka|"
      "uklonite me s liste|ukloni me s liste|uklonite me sa liste|"
      "skinite me s liste|skinite me sa liste|izbrišite me s liste|"
      "povlačim privolu|povlačim pristanak|povlačim suglasnost|"
      "povlačim saglasnost|stopiraj poruke|prestanite slati poruke|"
      "pustite me na miru|ostavite me na miru" },
    { "hr", PL_STOP_WEAK,
      "stopiraj|prekini|prekinite|obustavi|obustavite|zaustavi" },
    { "hr", PL_STOP_START,
      "start|prijava|prijavi me|prijavite me|pretplata|želim se prijaviti" },
    { "hr", PL_STOP_HELP,
      "pomoć" },
    { "hr", PL_STOP_UNCLEAR,
      "dosta|kraj|prestani|prestanite|dovoljno|obrišite me" },
    { "hr", PL_STOP_POLITE,
      "molim|molim vas|molim te|hvala|hvala lijepa|hvala vam|puno hvala|"
      "bok|zdravo|dobar dan|odmah|sada|pozdrav|lijep pozdrav|da" },

    { "sr", PL_STOP_STOP,
      "одјава|одјави ме|одјавите ме|желим да се одјавим|"
      "не шаљите ми поруке|не шаљите поруке|не шаљите више|не пишите ми|"
      "не желим поруке|не желим више порука|без реклама|"
      "скините ме са листе|уклоните ме са листе|повлачим сагласност" },
    { "sr", PL_STOP_WEAK,
      "прекини|прекините|заустави" },
    { "sr", PL_STOP_UNCLEAR,
      "доста|крај|престаните" },
    { "sr", PL_STOP_POLITE,
      "молим|молим вас|хвала|здраво|добар дан|одмах|да" },

    { "sl", PL_STOP_STOP,
      "odjava|odjavi me|odjavite me|odjavi|odjaviti se|odjavljam se|"
      "želim se odjaviti|rad bi se odjavil|rada bi se odjavila|ne pošiljaj|"
      "ne pošiljajte|ne pošiljajte več|ne pošiljaj več|"
      "ne pošiljajte mi sporočil|ne pošiljajte mi več sporočil|"
      "ne pošiljajte sporočil|ne pišite mi|ne pišite mi več|ne piši mi|"
      "ne želim sporočil|ne želim več sporočil|ne želim prejemati sporočil|"
      "nočem sporočil|nočem več sporočil|brez sporočil|brez oglasov|"
      "brez reklam|nočem reklam|nočem oglasov|odstranite me s seznama|"
      "izbrišite me s seznama|preklicujem soglasje|prekličem soglasje|"
      "nehajte pošiljati|pustite me pri miru" },
    { "sl", PL_STOP_WEAK,
      "ustavi|ustavite|prekini" },
    { "sl", PL_STOP_START,
      "start|prijava|prijavi me|prijavite me|naroči|želim se prijaviti" },
    { "sl", PL_STOP_HELP,
      "pomoč" },
    { "sl", PL_STOP_UNCLEAR,
      "dovolj|konec|nehaj|nehajte" },
    { "sl", PL_STOP_POLITE,
      "prosim|prosim vas|hvala|hvala lepa|najlepša hvala|pozdravljeni|"
      "zdravo|dober dan|takoj|zdaj|lep pozdrav|ja" },

    { NULL, PL_STOP_NONE, NULL }
};
