// What people might write, in the languages of the phones. Ours, invented.
export const languages = { es: "Español", ht: "Kreyòl ayisyen", fr: "Français", ar: "العربية", en: "English", sw: "Kiswahili" };

// A country code that fits, for a new phone's number.
export const numbers = { es: "+5025", ht: "+5093", fr: "+2376", ar: "+9639", en: "+4477", sw: "+2547" };

// Where somebody might stand.
export const places = { "Lajas Blancas": [8.4167, -77.8611], "Tapachula": [14.9056, -92.2634], "Agadez": [16.9742, 7.9865], "Lesvos": [39.1064, 26.5547] };

// A question with two buttons.
export const questions = {
  es: ["¿Quedó resuelto?", "Sí", "No"], ht: ["Èske sa rezoud?", "Wi", "Non"], fr: ["Est-ce réglé ?", "Oui", "Non"],
  ar: ["هل حُلّت المشكلة؟", "نعم", "لا"], en: ["Is it solved?", "Yes", "No"], sw: ["Je, limetatuliwa?", "Ndiyo", "Hapana"],
};

export const phrases = {
  es: [
    "Llevamos cuatro horas en la fila del agua y todavía no llegamos.",
    "¿A qué hora abren mañana? Cuando salimos de trabajar ya está cerrado.",
    "La tarjeta de ayuda llegó vacía, ¿qué hago?",
    "Mi hija tiene fiebre desde anoche, ¿hay médico en el punto?",
    "Gracias a la señora que nos curó los pies, fue muy amable.",
    "El hombre que reparte las carpas pide favores a cambio.",
    "No, sigue cerrado.",
    "Sí",
    "STOP",
  ],
  ht: [
    "Nou gen kat èdtan nan liy dlo a epi nou poko jwenn anyen.",
    "A kilè nou ap louvri demen? Lè nou soti nan travay, pòt la fèmen.",
    "Kat èd la vid, kisa pou m fè?",
    "Pitit mwen an gen lafyèv depi yè swa, èske gen doktè?",
    "Mèsi anpil pou medam ki te panse pye nou yo.",
    "Msye k ap separe tant yo mande sèvis an echanj.",
    "Non, li toujou fèmen.",
    "Wi",
    "STOP",
  ],
  fr: [
    "Nous attendons depuis quatre heures au point d'eau, sans résultat.",
    "À quelle heure ouvrez-vous demain ? Quand on sort du travail, c'est fermé.",
    "La carte d'aide est vide, que dois-je faire ?",
    "Ma fille a de la fièvre depuis hier soir, y a-t-il un médecin ?",
    "Merci à la dame qui a soigné nos pieds, elle était très gentille.",
    "L'homme qui distribue les tentes demande des faveurs en échange.",
    "Non, c'est encore fermé.",
    "Oui",
    "STOP",
  ],
  ar: [
    "ننتظر منذ أربع ساعات في طابور الماء ولم نصل بعد.",
    "متى تفتحون غدًا؟ عندما ننتهي من العمل يكون الباب مغلقًا.",
    "بطاقة المساعدة فارغة، ماذا أفعل؟",
    "ابنتي مصابة بالحمى منذ ليلة أمس، هل يوجد طبيب؟",
    "شكرًا للسيدة التي عالجت أقدامنا، كانت لطيفة جدًا.",
    "الرجل الذي يوزع الخيام يطلب مقابلًا من النساء.",
    "لا، ما زال مغلقًا.",
    "نعم",
    "STOP",
  ],
  en: [
    "We have been in the water queue for four hours and still nothing.",
    "What time do you open tomorrow? When we come from work it is shut.",
    "The cash card is empty, what should I do?",
    "My daughter has had a fever since last night, is there a doctor?",
    "Thank you to the lady who looked after our feet, she was very kind.",
    "The man who hands out the tents asks for favours in return.",
    "No, it is still shut.",
    "Yes",
    "STOP",
  ],
  sw: [
    "Tumesimama kwenye foleni ya maji kwa saa nne na bado hatujapata.",
    "Mnafungua saa ngapi kesho? Tukitoka kazini mlango umefungwa.",
    "Kadi ya msaada haina pesa, nifanye nini?",
    "Binti yangu ana homa tangu jana usiku, je kuna daktari?",
    "Asante kwa mama aliyetutibu miguu, alikuwa mwema sana.",
    "Mwanaume anayegawa mahema anaomba upendeleo ili atoe.",
    "Hapana, bado pamefungwa.",
    "Ndiyo",
    "STOP",
  ],
};
