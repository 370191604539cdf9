/*
 * Words of refusal of Asia.
 * See stop_words.h.
 */

#include "stop_words.h"


const pl_stop_row_t  pl_stop_words_asia[] = {

    { "ar", PL_STOP_STOP,
      "إيقاف|أوقف|أوقفوا|توقف|قف|ستوب|إلغاء الاشتراك|ألغ الاشتراك|"
      "الغ الاشتراك|الغي الاشتراك|إلغاء اشتراكي|ألغوا اشتراكي|"
      "الغوا اشتراكي|أريد إلغاء الاشتراك|أوقفوا الرسائل|أوقف الرسائل|"
      "إيقاف الرسائل|إيقاف الاشتراك|لا ترسل|لا ترسلوا|لا ترسل رسائل|"
      "لا ترسلوا رسائل|لا ترسلوا لي رسائل|لا ترسل لي رسائل|لا ترسلوا لي|"
      "لا تراسلني|لا تراسلوني|لا تتواصلوا معي|لا أريد رسائل|"
      "لا أريد رسائلكم|لا أريد المزيد من الرسائل|لا أريد استلام رسائل|"
      "لا رسائل|كفى رسائل|بدون إعلانات|لا أريد إعلانات|لا للإعلانات|"
      "احذفوني من القائمة|احذفني من القائمة|أزيلوني من القائمة|"
      "أسحب موافقتي|سحب الموافقة|اتركوني وشأني" },
    { "ar", PL_STOP_START,
      "ابدأ|بدء|اشتراك|اشترك|أريد الاشتراك|استئناف" },
    { "ar", PL_STOP_HELP,
      "مساعدة" },
    { "ar", PL_STOP_UNCLEAR,
      "كفى|كفاية|خلاص|يكفي|توقفوا|احذفوني|إزعاج" },
    { "ar", PL_STOP_POLITE,
      "من فضلك|من فضلكم|لو سمحت|لو سمحتم|رجاء|الرجاء|أرجوكم|شكرا|شكرا لك|"
      "شكرا جزيلا|مرحبا|السلام عليكم|الآن|فورا|حالا|نعم" },
    { "ar", PL_STOP_LIGHT,
      "هذا|هذه|لي|أنا|أريد|كيف|الرسائل|رسائل|كل|عن|من" },

    { "he", PL_STOP_STOP,
      "עצור|עצרו|תעצור|תעצרו|הפסק|הפסיקו|תפסיקו|סטופ|הסר|הסירו|הסר אותי|"
      "הסירו אותי|תסירו אותי|להסרה|הסרה|נא להסיר|הסר אותי מהרשימה|"
      "הסירו אותי מהרשימה|תסירו אותי מהרשימה|הסר אותי מרשימת התפוצה|"
      "הסירו אותי מרשימת התפוצה|להסיר מרשימת התפוצה|ביטול מנוי|בטל מנוי|"
      "ביטול הרשמה|אני רוצה להסיר את עצמי|אל תשלחו|אל תשלחו לי הודעות|"
      "אל תשלחו לי יותר|אל תשלחו לי יותר הודעות|אל תשלחו יותר|"
      "אל תשלח לי הודעות|אל תכתבו לי|לא רוצה הודעות|לא רוצה לקבל הודעות|"
      "אני לא רוצה לקבל הודעות|אני לא רוצה הודעות|לא מעוניין בהודעות|"
      "לא מעוניינת בהודעות|די להודעות|בלי פרסומות|לא רוצה פרסומות|"
      "הפסיקו לשלוח לי הודעות|תפסיקו לשלוח לי הודעות|אני מבטל את הסכמתי|"
      "אני מבטלת את הסכמתי" },
    { "he", PL_STOP_START,
      "התחל|הרשמה|הרשם|הירשם|אני רוצה להירשם" },
    { "he", PL_STOP_HELP,
      "עזרה" },
    { "he", PL_STOP_UNCLEAR,
      "די|מספיק|סיום|עזבו אותי|תעזבו אותי|תמחקו אותי|מחק אותי" },
    { "he", PL_STOP_POLITE,
      "בבקשה|תודה|תודה רבה|שלום|היי|בוקר טוב|עכשיו|מיד|נא|אנא|כן" },
    { "he", PL_STOP_LIGHT,
      "את|זה|לי|אני|רוצה|אפשר|איך|הודעות|ההודעות|הכל|כל" },

    { "fa", PL_STOP_STOP,
      "لغو اشتراک|لغو عضویت|لغو ۱۱|لغو 11|لغو۱۱|پیام نفرستید|پیام ندهید|"
      "دیگر پیام ندهید|دیگر پیام نفرستید|دیگه پیام ندید|ارسال نکنید|"
      "نمی خواهم پیام دریافت کنم|نمی‌خواهم پیام دریافت کنم|پیام نمی‌خواهم|"
      "تبلیغات نفرستید|تبلیغ نفرستید|مزاحم نشوید|ارسال پیام را متوقف کنید|"
      "استاپ" },
    { "fa", PL_STOP_WEAK,
      "لغو|توقف|متوقف کنید" },
    { "fa", PL_STOP_START,
      "شروع|عضویت|اشتراک" },
    { "fa", PL_STOP_HELP,
      "راهنما|کمک" },
    { "fa", PL_STOP_UNCLEAR,
      "بس است|بسه|کافیه|کافی است|انصراف" },
    { "fa", PL_STOP_POLITE,
      "لطفا|ممنون|متشکرم|سپاس|مرسی|سلام|فورا|الان|بله" },

    { "hi", PL_STOP_STOP,
      "बंद करो|बंद करें|बंद करे|बंद कर दो|बंद कीजिए|बंद कर दीजिए|रोकें|"
      "रोको|रोक दो|स्टॉप|सदस्यता रद्द करें|सदस्यता समाप्त करें|"
      "अनसब्सक्राइब|संदेश बंद करें|संदेश बंद करो|मैसेज बंद करो|"
      "मैसेज बंद करें|मैसेज भेजना बंद करो|मैसेज भेजना बंद करें|"
      "संदेश भेजना बंद करें|मत भेजो|मत भेजें|मत भेजिए|मैसेज मत भेजो|"
      "मैसेज मत भेजें|मैसेज मत करो|संदेश मत भेजो|संदेश न भेजें|"
      "मुझे मैसेज मत भेजो|मुझे मैसेज मत करो|मुझे संदेश न भेजें|"
      "मुझे संदेश नहीं चाहिए|मुझे मैसेज नहीं चाहिए|"
      "मुझे विज्ञापन नहीं चाहिए|विज्ञापन बंद करो|और मैसेज नहीं|"
      "मुझे सूची से हटाएं|मेरी सहमति वापस लेता हूं|band karo|band kare|"
      "band karein|band kar do|message mat bhejo|msg mat bhejo|mat bhejo|"
      "message band karo|msg band karo|mujhe message mat karo|"
      "message nahi chahiye" },
    { "hi", PL_STOP_WEAK,
      "बंद|रुको|रुकें|roko" },
    { "hi", PL_STOP_START,
      "शुरू|शुरू करें|शुरू करो|सदस्यता लें|shuru karo" },
    { "hi", PL_STOP_HELP,
      "मदद|सहायता" },
    { "hi", PL_STOP_UNCLEAR,
      "बस|बस करो|समाप्त|bas karo" },
    { "hi", PL_STOP_POLITE,
      "कृपया|प्लीज|प्लीज़|धन्यवाद|शुक्रिया|नमस्ते|अभी|तुरंत|हाँ|जी|bhai|ji|"
      "dhanyavaad" },

    { "id", PL_STOP_STOP,
      "hentikan pesan|hentikan kirim pesan|batal berlangganan|"
      "batalkan langganan|berhenti berlangganan|"
      "saya mau berhenti berlangganan|unreg|jangan kirim|jangan kirim lagi|"
      "jangan kirim pesan|jangan kirim pesan lagi|"
      "jangan kirim pesan ke saya|jangan kirimi saya pesan|"
      "jangan kirimi saya pesan lagi|jangan hubungi saya|"
      "jangan hubungi saya lagi|jangan chat saya|jangan chat saya lagi|"
      "jangan wa saya lagi|tidak mau pesan|tidak mau menerima pesan|"
      "saya tidak mau menerima pesan|saya tidak mau menerima pesan lagi|"
      "tidak ingin menerima pesan|saya tidak ingin menerima pesan|"
      "saya tidak mau pesan lagi|hapus saya dari daftar|"
      "hapus nomor saya dari daftar|keluarkan saya dari daftar|stop pesan|"
      "stop kirim pesan|stop chat|stop iklan|stop promo|tanpa iklan|"
      "tidak mau iklan|saya tidak mau iklan|saya menarik persetujuan saya|"
      "jangan ganggu saya|berhenti mengirim pesan|berhenti kirim pesan" },
    { "id", PL_STOP_WEAK,
      "berhenti|hentikan|henti|saya mau berhenti|saya ingin berhenti" },
    { "id", PL_STOP_START,
      "start|mulai|langganan|berlangganan|saya mau berlangganan" },
    { "id", PL_STOP_HELP,
      "bantuan" },
    { "id", PL_STOP_UNCLEAR,
      "cukup|hapus nomor saya|hapus saya" },
    { "id", PL_STOP_POLITE,
      "tolong|mohon|terima kasih|terimakasih|makasih|trims|halo|hai|"
      "selamat pagi|selamat siang|selamat sore|selamat malam|sekarang|"
      "segera|pak|bu|kak|min|ya|dong" },
    { "id", PL_STOP_LIGHT,
      "ini|itu|saya|aku|mau|ingin|bisa|bagaimana|cara|pesan|pesannya|semua|"
      "dari|ke|chat" },

    { "ms", PL_STOP_STOP,
      "berhenti menghantar|berhenti menghantar mesej|jangan hantar mesej|"
      "jangan hantar mesej lagi|jangan hantar lagi|"
      "jangan hubungi saya lagi|batal langganan|nyahlanggan|"
      "saya tidak mahu mesej|saya tidak mahu menerima mesej|"
      "tidak mahu mesej lagi|tiada iklan|keluarkan saya dari senarai|"
      "hentikan mesej" },
    { "ms", PL_STOP_POLITE,
      "sila|tolong|terima kasih|selamat pagi|sekarang" },

    { "vi", PL_STOP_STOP,
      "ngừng gửi|ngừng gửi tin|ngừng gửi tin nhắn|ngừng nhận tin|"
      "ngưng gửi tin|ngưng gửi tin nhắn|ngưng nhận tin|dừng gửi tin|"
      "dừng gửi tin nhắn|dừng nhận tin|dừng nhận tin nhắn|hủy đăng ký|"
      "huỷ đăng ký|hủy đăng kí|tôi muốn hủy đăng ký|hủy nhận tin|"
      "hủy theo dõi|từ chối nhận tin|từ chối quảng cáo|không nhận tin|"
      "không nhận tin nhắn|không nhận tin nữa|không gửi nữa|đừng gửi nữa|"
      "đừng gửi tin|đừng gửi tin nhắn|đừng gửi tin nhắn nữa|"
      "đừng gửi tin nhắn cho tôi|đừng nhắn tin|đừng nhắn tin nữa|"
      "đừng nhắn tin cho tôi|đừng nhắn tin cho tôi nữa|đừng liên hệ|"
      "đừng liên hệ tôi nữa|đừng liên lạc với tôi|đừng làm phiền tôi|"
      "không muốn nhận tin|không muốn nhận tin nhắn|"
      "tôi không muốn nhận tin|tôi không muốn nhận tin nhắn|"
      "không quảng cáo|tôi không muốn quảng cáo|xóa tôi khỏi danh sách|"
      "tôi rút lại sự đồng ý|rút lại sự đồng ý" },
    { "vi", PL_STOP_WEAK,
      "ngừng|ngưng|dừng lại" },
    { "vi", PL_STOP_START,
      "bắt đầu|đăng ký|đăng kí|tôi muốn đăng ký" },
    { "vi", PL_STOP_HELP,
      "trợ giúp|giúp đỡ" },
    { "vi", PL_STOP_UNCLEAR,
      "dừng|thôi|thôi đi|đủ rồi|từ chối|kết thúc" },
    { "vi", PL_STOP_POLITE,
      "làm ơn|xin|xin vui lòng|vui lòng|cảm ơn|cám ơn|xin cảm ơn|xin chào|"
      "chào|ngay|ngay lập tức|ngay bây giờ|bây giờ|ạ|nhé|giùm|giúp tôi|vâng" },

    { "ja", PL_STOP_STOP,
      "配信停止|配信停止希望|配信停止してください|配信を停止してください|配信を止めてください|停止してください|停止して|停止希望|"
      "ストップ|すとっぷ|送らないで|送らないでください|もう送らないで|もう送らないでください|これ以上送らないでください|送信停止|"
      "登録解除|登録を解除|登録を解除してください|登録解除してください|購読解除|購読を解除|購読を停止|購読停止|退会|退会したい|"
      "退会したいです|退会します|退会希望|メッセージ停止|メッセージを停止|メッセージを止めて|メッセージを止めてください|"
      "メッセージを送らないでください|連絡しないで|連絡しないでください|もう連絡しないで|もう連絡しないでください|連絡不要|配信不要|"
      "広告不要|広告はいりません|受信拒否|同意を撤回します|同意を取り消します|リストから削除してください" },
    { "ja", PL_STOP_WEAK,
      "停止|解除|解除して|止めて|やめて|やめろ|やめてほしい" },
    { "ja", PL_STOP_START,
      "開始|再開|登録|登録します|購読|配信再開|スタート" },
    { "ja", PL_STOP_HELP,
      "ヘルプ" },
    { "ja", PL_STOP_UNCLEAR,
      "終了|もういい|もういいです|解約|迷惑" },
    { "ja", PL_STOP_POLITE,
      "お願いします|おねがいします|お願い|お願いいたします|お願い致します|ください|下さい|すみません|ありがとう|ありがとうございます|"
      "こんにちは|今すぐ|すぐに|はい|です" },

    { "ko", PL_STOP_STOP,
      "그만 보내세요|그만보내세요|그만 보내|그만 보내주세요|그만 보내 주세요|중지해주세요|중지해 주세요|발송 중지|수신거부|"
      "수신 거부|수신거부합니다|수신 거부합니다|수신거부 신청|구독취소|구독 취소|구독 취소해주세요|구독해지|구독 해지|구독해제|"
      "구독 해제|스톱|스탑|문자 보내지 마세요|메시지 보내지 마세요|메세지 보내지 마세요|보내지 마세요|보내지마세요|보내지 마|"
      "더 이상 보내지 마세요|연락하지 마세요|연락하지마세요|연락 그만하세요|문자 그만|메시지 그만|문자 그만 보내세요|"
      "광고 거부|광고거부|광고 그만|광고 수신거부|동의 철회|동의를 철회합니다|동의철회|메시지 중지|문자 중지|"
      "메시지 받고 싶지 않아요|받고 싶지 않아요|받고싶지 않습니다" },
    { "ko", PL_STOP_WEAK,
      "중지|정지|그만|그만하세요|그만해|그만해주세요|그만 해주세요|그만해 주세요|멈춰|멈춰주세요|멈추세요|탈퇴" },
    { "ko", PL_STOP_START,
      "시작|재개|구독|구독하기|구독 신청|수신동의|수신 동의" },
    { "ko", PL_STOP_HELP,
      "도움말|도움" },
    { "ko", PL_STOP_UNCLEAR,
      "종료|해지|그만둬" },
    { "ko", PL_STOP_POLITE,
      "제발|부탁합니다|부탁드립니다|부탁해요|감사합니다|고맙습니다|안녕하세요|지금|당장|좀|네|주세요" },

    { "zh", PL_STOP_STOP,
      "停止发送|停止發送|停止发消息|停止發訊息|停止接收|停止推送|停止发信息|停止发短信|退订|退訂|退订短信|退订信息|我要退订|"
      "我要退訂|我想退订|我想退訂|取消订阅|取消訂閱|取消关注|取消推送|不要再发|不要再發|不要再发了|不要再發了|不要再发消息|"
      "不要再发消息了|不要再發訊息|不要再發訊息了|不要再发信息|不要发消息给我|不要發訊息給我|不要给我发消息|不要給我發訊息|别再发了|"
      "別再發了|别发了|別發了|别再发消息|别再发消息了|别给我发消息|别给我发消息了|别再联系我|不要再联系我|不要再聯絡我|不要联系我|"
      "不要聯絡我|别联系我|不想收到消息|不想再收到消息|不想再收到訊息|不想收到訊息|我不想再收到消息|不要广告|不要廣告|别发广告|"
      "停止广告|停止廣告|拒收|拒绝接收|拒絕接收|从名单中删除我|把我从名单中删除|撤回同意|我撤回同意|不要打扰我|请勿打扰|請勿打擾" },
    { "zh", PL_STOP_WEAK,
      "停止|停|停下|td" },
    { "zh", PL_STOP_START,
      "开始|開始|订阅|訂閱|恢复|恢復|我要订阅|我要訂閱|重新订阅" },
    { "zh", PL_STOP_HELP,
      "帮助|幫助|說明" },
    { "zh", PL_STOP_UNCLEAR,
      "够了|夠了|算了|别烦我|別煩我|别烦|结束|結束|终止|終止|删除我|滚" },
    { "zh", PL_STOP_POLITE,
      "请|請|谢谢|謝謝|多谢|多謝|感谢|感謝|麻烦|麻煩|麻烦你|拜托|拜託|你好|您好|立即|马上|馬上|立刻|现在|現在|了|吧|啊|"
      "好|好的|谢谢您|我要" },
    { "zh", PL_STOP_LIGHT,
      "我|你|你们|你們|能|可以|怎么|怎麼|如何|想|这个|這個|这些|消息|信息|訊息|短信|的|吗|嗎" },
    { "zh", PL_STOP_OTHER,
      "不要停止|不要停|别停|別停|停不下来|停車場|停车场|公交车站|停车|停車|停止营业|停电|停電|调停" },

    { "th", PL_STOP_STOP,
      "หยุดส่ง|หยุดส่งข้อความ|หยุดข้อความ|หยุดรับข้อความ|ยกเลิกการสมัคร|"
      "ยกเลิกการรับข้อความ|ยกเลิกรับข้อความ|ยกเลิกข้อความ|ไม่รับข้อความ|"
      "ไม่ต้องการรับข้อความ|ไม่อยากรับข้อความ|อย่าส่งข้อความ|"
      "อย่าส่งข้อความมาอีก|อย่าส่งมาอีก|ไม่ต้องส่งมาอีก|เลิกส่งข้อความ|"
      "เลิกติดตาม|ไม่เอาโฆษณา|สต็อป|สต๊อป|ถอนความยินยอม" },
    { "th", PL_STOP_WEAK,
      "หยุด" },
    { "th", PL_STOP_START,
      "เริ่ม|สมัคร|สมัครรับข้อความ" },
    { "th", PL_STOP_HELP,
      "ช่วยเหลือ" },
    { "th", PL_STOP_UNCLEAR,
      "ยกเลิก|พอแล้ว|เลิก|พอ" },
    { "th", PL_STOP_POLITE,
      "กรุณา|โปรด|ช่วย|ขอบคุณ|ครับ|ค่ะ|คะ|นะคะ|นะครับ|สวัสดี|สวัสดีครับ|"
      "สวัสดีค่ะ|ด้วย|เดี๋ยวนี้|ตอนนี้|หน่อย" },

    { NULL, PL_STOP_NONE, NULL }
};
