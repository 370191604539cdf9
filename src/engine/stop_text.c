/*
 * Confirmations. Short, and each says how to undo it; START is known in all
 * of them.
 */

#include <string.h>

#include "../core/pl.h"
#include "stop_text.h"

static const pl_stop_text_t  stop_texts[] = {
    { "en", "You will get no more offers from us. Write START to get them "
            "again.",
      "You will get our offers again. Write STOP to end them." },
    { "de", "Sie erhalten von uns keine Angebote mehr. Mit START erhalten "
            "Sie sie wieder.",
      "Sie erhalten unsere Angebote wieder. Mit STOP beenden Sie das." },
    { "nl", "U ontvangt geen aanbiedingen meer van ons. Met START ontvangt "
            "u ze weer.",
      "U ontvangt onze aanbiedingen weer. Met STOP beëindigt u dat." },
    { "fr", "Vous ne recevrez plus nos offres. Répondez START pour les "
            "recevoir à nouveau.",
      "Vous recevrez à nouveau nos offres. Répondez STOP pour arrêter." },
    { "es", "Ya no recibirá nuestras ofertas. Responda START para volver a "
            "recibirlas.",
      "Volverá a recibir nuestras ofertas. Responda STOP para dejar de "
      "recibirlas." },
    { "ca", "Ja no rebreu les nostres ofertes. Responeu START per tornar-les "
            "a rebre.",
      "Tornareu a rebre les nostres ofertes. Responeu STOP per deixar de "
      "rebre-les." },
    { "pt", "Você não receberá mais nossas ofertas. Responda START para "
            "voltar a recebê-las.",
      "Você voltará a receber nossas ofertas. Responda STOP para parar." },
    { "it", "Non riceverà più le nostre offerte. Risponda START per "
            "riceverle di nuovo.",
      "Riceverà di nuovo le nostre offerte. Risponda STOP per "
      "interromperle." },
    { "pl", "Nie będziemy już wysyłać ofert. Odpowiedz START, aby znów je "
            "otrzymywać.",
      "Będziemy znów wysyłać oferty. Odpowiedz STOP, aby zrezygnować." },
    { "cs", "Nabídky vám už nebudeme posílat. Odpovězte START, chcete-li je "
            "znovu dostávat.",
      "Nabídky vám budeme znovu posílat. Odpovědí STOP to ukončíte." },
    { "sk", "Ponuky vám už nebudeme posielať. Odpovedzte START, ak ich "
            "chcete znova dostávať.",
      "Ponuky vám budeme znova posielať. Odpoveďou STOP to ukončíte." },
    { "hu", "Nem küldünk több ajánlatot. Írja azt, hogy START, ha újra "
            "szeretne kapni.",
      "Újra küldjük ajánlatainkat. Írja azt, hogy STOP, ha nem kér többet." },
    { "ro", "Nu veți mai primi ofertele noastre. Răspundeți START pentru a "
            "le primi din nou.",
      "Veți primi din nou ofertele noastre. Răspundeți STOP pentru a "
      "renunța." },
    { "bg", "Няма да получавате повече наши оферти. Отговорете START, за да "
            "ги получавате отново.",
      "Отново ще получавате нашите оферти. Отговорете STOP, за да спрат." },
    { "el", "Δεν θα λαμβάνετε πλέον τις προσφορές μας. Απαντήστε START για "
            "να τις λαμβάνετε ξανά.",
      "Θα λαμβάνετε ξανά τις προσφορές μας. Απαντήστε STOP για διακοπή." },
    { "tr", "Artık bizden teklif almayacaksınız. Yeniden almak için START "
            "yazın.",
      "Tekliflerimizi yeniden alacaksınız. Durdurmak için STOP yazın." },
    { "ru", "Вы больше не будете получать наши предложения. Напишите START, "
            "чтобы получать их снова.",
      "Вы снова будете получать наши предложения. Напишите STOP, чтобы "
      "отказаться." },
    { "uk", "Ви більше не отримуватимете наших пропозицій. Напишіть START, "
            "щоб отримувати їх знову.",
      "Ви знову отримуватимете наші пропозиції. Напишіть STOP, щоб "
      "відмовитися." },
    { "sv", "Du får inga fler erbjudanden från oss. Skriv START för att få "
            "dem igen.",
      "Du får våra erbjudanden igen. Skriv STOP för att avsluta." },
    { "da", "Du får ikke flere tilbud fra os. Skriv START for at få dem "
            "igen.",
      "Du får vores tilbud igen. Skriv STOP for at afmelde." },
    { "nb", "Du får ikke flere tilbud fra oss. Skriv START for å få dem "
            "igjen.",
      "Du får tilbudene våre igjen. Skriv STOP for å avslutte." },
    { "fi", "Emme lähetä sinulle enää tarjouksia. Vastaa START, jos haluat "
            "niitä taas.",
      "Saat taas tarjouksiamme. Vastaa STOP, jos et halua niitä." },
    { "et", "Me ei saada teile enam pakkumisi. Vastake START, et neid uuesti "
            "saada.",
      "Saate taas meie pakkumisi. Vastake STOP, et neist loobuda." },
    { "lv", "Mēs jums vairs nesūtīsim piedāvājumus. Atbildiet START, lai tos "
            "saņemtu atkal.",
      "Jūs atkal saņemsiet mūsu piedāvājumus. Atbildiet STOP, lai "
      "atteiktos." },
    { "lt", "Pasiūlymų jums daugiau nesiųsime. Atsakykite START, jei norite "
            "juos vėl gauti.",
      "Vėl gausite mūsų pasiūlymus. Atsakykite STOP, jei norite atsisakyti." },
    { "hr", "Više vam nećemo slati ponude. Odgovorite START ako ih želite "
            "ponovno primati.",
      "Ponovno ćete primati naše ponude. Odgovorite STOP za odjavu." },
    { "sr", "Више вам нећемо слати понуде. Одговорите START ако желите "
            "поново да их примате.",
      "Поново ћете примати наше понуде. Одговорите STOP за одјаву." },
    { "sl", "Ponudb vam ne bomo več pošiljali. Odgovorite START, če jih "
            "želite znova prejemati.",
      "Znova boste prejemali naše ponudbe. Odgovorite STOP za odjavo." },
    { "ar", "لن نرسل إليك عروضنا بعد الآن. أرسل START لتلقيها من جديد.",
      "ستتلقى عروضنا من جديد. أرسل STOP لإيقافها." },
    { "he", "לא נשלח אליך הצעות נוספות. השב START כדי לקבל אותן שוב.",
      "נשלח אליך שוב את ההצעות שלנו. השב STOP כדי להפסיק." },
    { "fa", "دیگر پیشنهادی برای شما نمی‌فرستیم. برای دریافت دوباره START "
            "بفرستید.",
      "پیشنهادهای ما دوباره برای شما فرستاده می‌شود. برای لغو STOP بفرستید." },
    { "hi", "अब हम आपको ऑफ़र नहीं भेजेंगे। फिर से पाने के लिए START लिखें।",
      "अब आपको हमारे ऑफ़र फिर मिलेंगे। बंद करने के लिए STOP लिखें।" },
    { "id", "Anda tidak akan menerima penawaran kami lagi. Balas START untuk "
            "menerimanya kembali.",
      "Anda akan menerima penawaran kami lagi. Balas STOP untuk berhenti." },
    { "ms", "Anda tidak akan menerima tawaran kami lagi. Balas START untuk "
            "menerimanya semula.",
      "Anda akan menerima tawaran kami semula. Balas STOP untuk berhenti." },
    { "vi", "Bạn sẽ không nhận ưu đãi của chúng tôi nữa. Trả lời START để "
            "nhận lại.",
      "Bạn sẽ lại nhận ưu đãi của chúng tôi. Trả lời STOP để ngừng." },
    { "ja", "今後、ご案内はお送りしません。再開するには START と返信してください。",
      "ご案内の配信を再開します。停止するには STOP と返信してください。" },
    { "ko", "더 이상 안내를 보내지 않습니다. 다시 받으려면 START라고 보내 주세요.",
      "안내를 다시 보내 드립니다. 중지하려면 STOP이라고 보내 주세요." },
    { "zh", "我们不会再向您发送优惠信息。回复 START 可重新接收。",
      "您将重新收到我们的优惠信息。回复 STOP 可停止接收。" },
    { "th", "เราจะไม่ส่งข้อเสนอถึงคุณอีก ตอบ START เพื่อรับอีกครั้ง",
      "คุณจะได้รับข้อเสนอของเราอีกครั้ง ตอบ STOP เพื่อหยุดรับ" },
};


const pl_stop_text_t *
pl_stop_text(const char *language)
{
    size_t  i, len;

    if (language == NULL) {
        return NULL;
    }

    len = strcspn(language, "_-");

    for (i = 0; i < PL_COUNT(stop_texts); i++) {
        if (len == strlen(stop_texts[i].language)
            && strncmp(language, stop_texts[i].language, len) == 0)
        {
            return &stop_texts[i];
        }
    }

    return NULL;
}
