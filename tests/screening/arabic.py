"""Pairs of Arabic names and spellings of them in Latin letters, put together from given and family names.

Each part has the spellings that passports and lists of several countries have for it.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

GIVEN: Final[Mapping[str, Sequence[str]]] = {
    "محمد": ("Mohamed", "Muhammad", "Mohammed", "Mohamad"),
    "أحمد": ("Ahmed", "Ahmad"),
    "محمود": ("Mahmoud", "Mahmud"),
    "علي": ("Ali", "Aly"),
    "حسن": ("Hassan", "Hasan"),
    "حسين": ("Hussein", "Hussain", "Husayn"),
    "خالد": ("Khaled", "Khalid"),
    "عمر": ("Omar", "Umar"),
    "عثمان": ("Othman", "Osman", "Uthman"),
    "يوسف": ("Yusuf", "Youssef", "Yousef"),
    "إبراهيم": ("Ibrahim", "Ebrahim"),
    "إسماعيل": ("Ismail", "Ismael"),
    "عبدالرحمن": ("Abdulrahman", "Abdul Rahman", "Abd al-Rahman", "Abdelrahman"),
    "عبدالله": ("Abdullah", "Abdallah"),
    "عبد العزيز": ("Abdulaziz", "Abdel Aziz", "Abd al-Aziz"),
    "عبدالكريم": ("Abdulkarim", "Abdul Karim", "Abdelkrim"),
    "صالح": ("Saleh", "Salih"),
    "سعيد": ("Saeed", "Said", "Saeid"),
    "ناصر": ("Nasser", "Nasir"),
    "فيصل": ("Faisal", "Faysal"),
    "طارق": ("Tariq", "Tarek"),
    "زياد": ("Ziad", "Ziyad"),
    "مصطفى": ("Mustafa", "Mostafa"),
    "جمال": ("Jamal", "Gamal"),
    "كمال": ("Kamal",),
    "بلال": ("Bilal", "Belal"),
    "أيمن": ("Ayman", "Aiman"),
    "رشيد": ("Rashid", "Rasheed"),
    "وليد": ("Walid", "Waleed"),
    "نبيل": ("Nabil", "Nabeel"),
    "هشام": ("Hisham", "Hesham"),
    "ماجد": ("Majid", "Majed"),
    "سلمان": ("Salman",),
    "سليمان": ("Sulaiman", "Suleiman", "Soliman"),
    "داود": ("Dawood", "Daoud", "Dawud"),
    "موسى": ("Musa", "Moussa"),
    "عيسى": ("Issa", "Isa"),
    "فاطمة": ("Fatima", "Fatma"),
    "عائشة": ("Aisha", "Aysha"),
    "مريم": ("Maryam", "Mariam"),
    "خديجة": ("Khadija", "Khadijah"),
    "ليلى": ("Layla", "Leila"),
    "نورة": ("Noura", "Nora"),
    "هند": ("Hind",),
    "سارة": ("Sara", "Sarah"),
    "زينب": ("Zainab", "Zaynab"),
}
FAMILY: Final[Mapping[str, Sequence[str]]] = {
    "الخطيب": ("Al-Khatib", "Alkhatib", "El Khatib"),
    "المصري": ("Al-Masri", "Elmasry", "Al Masry"),
    "الحربي": ("Al-Harbi", "Alharbi"),
    "القحطاني": ("Al-Qahtani", "Alqahtani", "Al Kahtani"),
    "الغامدي": ("Al-Ghamdi", "Alghamdi"),
    "الشمري": ("Al-Shammari", "Alshammari", "Al Shamri"),
    "العتيبي": ("Al-Otaibi", "Alotaibi", "Al Utaybi"),
    "الزهراني": ("Al-Zahrani", "Alzahrani"),
    "الدوسري": ("Al-Dosari", "Aldosari", "Al Dawsari"),
    "المطيري": ("Al-Mutairi", "Almutairi"),
    "البغدادي": ("Al-Baghdadi", "Albaghdadi"),
    "التكريتي": ("Al-Tikriti", "Altikriti", "At-Tikriti"),
    "الحسيني": ("Al-Husseini", "Alhusaini"),
    "النجار": ("Al-Najjar", "Alnajjar", "El Naggar"),
    "الحداد": ("Al-Haddad", "Haddad"),
    "حمدان": ("Hamdan",),
    "قاسم": ("Qasim", "Kassem", "Qassem"),
    "شاهين": ("Shahin", "Shaheen"),
    "عساف": ("Assaf", "Asaf"),
    "درويش": ("Darwish", "Darweesh"),
    "خليفة": ("Khalifa", "Khalifah"),
    "منصور": ("Mansour", "Mansoor"),
    "بركات": ("Barakat",),
    "زيدان": ("Zidan", "Zaidan"),
    "غانم": ("Ghanem", "Ghanim"),
    "رمضان": ("Ramadan", "Ramzan"),
    "شعبان": ("Shaaban", "Shaban"),
    "حجازي": ("Hijazi", "Hegazy"),
    "التميمي": ("Al-Tamimi", "Altamimi"),
    "الجبوري": ("Al-Jubouri", "Aljuburi"),
    "العنزي": ("Al-Anzi", "Alenezi"),
    "السبيعي": ("Al-Subaie", "Alsubaie"),
    "الرشيدي": ("Al-Rashidi", "Alrashidi"),
    "القرشي": ("Al-Qurashi", "Alqurashi"),
    "الهاشمي": ("Al-Hashimi", "Alhashmi"),
    "الصباح": ("Al-Sabah", "Alsabah"),
    "عباس": ("Abbas",),
    "فارس": ("Fares", "Faris"),
    "نصار": ("Nassar",),
    "مرسي": ("Morsi", "Mursi"),
    "عزام": ("Azzam",),
    "ياسين": ("Yassin", "Yaseen"),
    "حمود": ("Hammoud", "Hamoud"),
    "طه": ("Taha",),
}


@dataclass(frozen=True)
class Pair:
    """A name in Arabic, and one of its spellings in Latin letters."""

    arabic: str
    latin: str


def pairs(number: int, seed: int) -> list[Pair]:
    """So many pairs, no two of the same parts."""
    chosen, made = random.Random(seed), dict[tuple[str, ...], Pair]()
    while len(made) < number:
        given = chosen.sample(sorted(GIVEN), chosen.choice((1, 2, 2)))
        family = chosen.choice(sorted(FAMILY))
        latin = [chosen.choice(GIVEN[name]) for name in given]
        pair = Pair(" ".join((*given, family)), " ".join((*latin, chosen.choice(FAMILY[family]))))
        made.setdefault((*given, family), pair)
    return list(made.values())
