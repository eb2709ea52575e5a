"""Pairs of Cyrillic and Chinese names and spellings of them in Latin letters, put together from parts.

Cyrillic ones have the spellings of passports before and after 2014, of English, French and German papers. Chinese ones
have Hanyu Pinyin in the orders and the joinings that papers use. Each pair is of parts that no other pair has together.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CYRILLIC_GIVEN: Final[Mapping[str, Sequence[str]]] = {
    "Александр": ("Alexander", "Aleksandr", "Alexandre"),
    "Сергей": ("Sergei", "Sergey", "Serguei"),
    "Дмитрий": ("Dmitry", "Dmitri", "Dmitrii"),
    "Алексей": ("Alexei", "Aleksey", "Alexey"),
    "Андрей": ("Andrei", "Andrey"),
    "Евгений": ("Evgeny", "Yevgeny", "Evgenii"),
    "Юрий": ("Yuri", "Yury", "Iurii"),
    "Николай": ("Nikolai", "Nikolay", "Nicolai"),
    "Михаил": ("Mikhail", "Michail"),
    "Владимир": ("Vladimir", "Wladimir"),
    "Виктор": ("Viktor", "Victor"),
    "Григорий": ("Grigory", "Grigori", "Grigorii"),
    "Анатолий": ("Anatoly", "Anatoli", "Anatolii"),
    "Игорь": ("Igor",),
    "Олег": ("Oleg",),
    "Роман": ("Roman",),
    "Максим": ("Maxim", "Maksim"),
    "Константин": ("Konstantin", "Constantin"),
    "Екатерина": ("Ekaterina", "Yekaterina"),
    "Наталья": ("Natalia", "Natalya"),
    "Татьяна": ("Tatiana", "Tatyana"),
    "Юлия": ("Yulia", "Iuliia", "Julia"),
    "Ольга": ("Olga",),
    "Елена": ("Elena", "Yelena"),
    "Ксения": ("Ksenia", "Xenia", "Kseniya"),
    "Людмила": ("Lyudmila", "Liudmila", "Ludmila"),
}
CYRILLIC_FAMILY: Final[Mapping[str, Sequence[str]]] = {
    "Щербаков": ("Shcherbakov", "Scherbakov"),
    "Хрущёв": ("Khrushchev", "Khrushchyov"),
    "Жуков": ("Zhukov", "Jukov"),
    "Чернышёв": ("Chernyshev", "Chernyshov"),
    "Цветков": ("Tsvetkov", "Cvetkov"),
    "Ющенко": ("Yushchenko", "Iushchenko"),
    "Яковлев": ("Yakovlev", "Iakovlev"),
    "Фёдоров": ("Fedorov", "Fyodorov"),
    "Соловьёв": ("Soloviev", "Solovyov", "Solovyev"),
    "Григорьев": ("Grigoriev", "Grigoryev"),
    "Кузнецов": ("Kuznetsov", "Kouznetsov"),
    "Медведев": ("Medvedev",),
    "Воробьёв": ("Vorobiev", "Vorobyov"),
    "Тимошенко": ("Timoshenko", "Tymoshenko"),
    "Высоцкий": ("Vysotsky", "Vysotskiy", "Vysotskii"),
    "Достоевский": ("Dostoevsky", "Dostoyevsky", "Dostoevskii"),
    "Рыбаков": ("Rybakov",),
    "Гусев": ("Gusev",),
    "Белый": ("Bely", "Belyi"),
    "Малышев": ("Malyshev",),
    "Ковальчук": ("Kovalchuk", "Kowaltschuk"),
    "Петренко": ("Petrenko",),
    "Эйзенштейн": ("Eisenstein", "Eizenshtein"),
    "Подгорный": ("Podgorny", "Podgornyi"),
    "Зайцев": ("Zaitsev", "Zaytsev"),
    "Мышкин": ("Myshkin",),
    "Ильин": ("Ilyin", "Ilin"),
    "Ульянов": ("Ulyanov", "Ulianov"),
    "Бойко": ("Boyko", "Boiko"),
    "Гагарин": ("Gagarin",),
}


def _characters(text: str) -> Mapping[str, str]:
    """Characters with their syllables."""
    return dict(pair.split(":") for pair in text.split())


CHINESE_FAMILY: Final = _characters(
    "王:Wang 李:Li 张:Zhang 刘:Liu 陈:Chen 杨:Yang 赵:Zhao 黄:Huang 周:Zhou 吴:Wu 徐:Xu 孙:Sun 胡:Hu 朱:Zhu "
    "高:Gao 林:Lin 何:He 郭:Guo 马:Ma 罗:Luo 梁:Liang 宋:Song 郑:Zheng 谢:Xie 韩:Han 唐:Tang 冯:Feng 于:Yu"
)
CHINESE_GIVEN: Final = _characters(
    "伟:wei 芳:fang 娜:na 敏:min 静:jing 丽:li 强:qiang 磊:lei 军:jun 洋:yang 勇:yong 艳:yan 杰:jie 涛:tao "
    "明:ming 超:chao 霞:xia 平:ping 刚:gang 桂:gui 英:ying 华:hua 建:jian 国:guo 志:zhi 飞:fei 鹏:peng 辉:hui "
    "斌:bin 玲:ling 红:hong 云:yun 海:hai 峰:feng 文:wen 博:bo 宇:yu 晨:chen 雪:xue 梅:mei"
)


@dataclass(frozen=True)
class Written:
    """A name in its own script, and one of its spellings in Latin letters."""

    own: str
    latin: str


def cyrillic(number: int, seed: int) -> list[Written]:
    """So many pairs, no two of the same parts."""
    chosen, made = random.Random(seed), dict[tuple[str, str], Written]()
    while len(made) < number:
        given, family = chosen.choice(sorted(CYRILLIC_GIVEN)), chosen.choice(sorted(CYRILLIC_FAMILY))
        spelt = chosen.choice(CYRILLIC_GIVEN[given]), chosen.choice(CYRILLIC_FAMILY[family])
        order = chosen.choice(("{0} {1}", "{1} {0}"))
        made.setdefault((given, family), Written(f"{given} {family}", order.format(*spelt)))
    return list(made.values())


def chinese(number: int, seed: int) -> list[Written]:
    """So many pairs, no two with the same syllables: names that sound alike are one name in Latin letters."""
    chosen, made = random.Random(seed), dict[tuple[str, ...], Written]()
    while len(made) < number:
        family = chosen.choice(sorted(CHINESE_FAMILY))
        given = chosen.sample(sorted(CHINESE_GIVEN), chosen.choice((1, 2, 2, 2)))
        first, syllables = CHINESE_FAMILY[family], [CHINESE_GIVEN[char] for char in given]
        joined = chosen.choice(("", " ", "-")).join(syllables).capitalize()
        order = chosen.choice(("{0} {1}", "{0}, {1}", "{1} {0}"))
        key = (first, *syllables)
        made.setdefault(key, Written(family + "".join(given), order.format(first, joined)))
    return list(made.values())
