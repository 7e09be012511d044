-- The advisory group's minutes (114年第1次): from 2024-11-01 to 2025-05-31 three 我有話要說 and two
-- 我想要更多, in December 113 and January 114 only, all answered ahead of the 14 workdays. Beside them
-- one case of the period before and one of the same period a year earlier, which was late.
insert into cases (number, kind, title, agency, dataset_nid, dataset_title, url, posted_at, assigned_on,
    starts_on, start_origin, round, state, replied_at, first_seen_at) values
('C-551201', 'comment', '勞保投保人數資料集編碼錯誤', '勞動部勞工保險局', 6100, '勞保統計',
    'https://data.gov.tw/dataset/6100', '2024-12-03T10:12:00', '2024-12-03', '2024-12-03', 'posted', 1,
    'replied', '2024-12-10T02:30:00.000Z', '2024-12-03T02:20:00.000Z'),
('C-551377', 'comment', '職業訓練課程資料缺 113 年 10 月', '勞動部勞動力發展署', 7211, '職業訓練課程',
    'https://data.gov.tw/dataset/7211', '2024-12-16T21:40:00', '2024-12-16', '2024-12-16', 'posted', 1,
    'replied', '2024-12-26T07:05:00.000Z', '2024-12-17T00:40:00.000Z'),
('C-553020', 'comment', '職業災害統計欄位說明不清楚', '勞動部職業安全衛生署', 8342, '職業災害統計',
    'https://data.gov.tw/dataset/8342', '2025-01-08T09:01:00', '2025-01-08', '2025-01-08', 'posted', 1,
    'replied', '2025-01-15T08:10:00.000Z', '2025-01-08T01:10:00.000Z'),
('S-136401', 'request', '希望開放各縣市最低工資檢查結果', '勞動部職業安全衛生署', null, null,
    'https://data.gov.tw/suggests/136401', '2024-12-20T00:00:00', '2024-12-23', '2024-12-23', 'given', 1,
    'replied', '2025-01-09T03:00:00.000Z', '2024-12-23T01:00:00.000Z'),
('S-136522', 'request', '希望開放外籍移工職類與地區交叉統計', '勞動力發展署', null, null,
    'https://data.gov.tw/suggests/136522', '2025-01-02T00:00:00', '2025-01-03', '2025-01-03', 'given', 1,
    'closed', '2025-01-20T06:45:00.000Z', '2025-01-03T01:00:00.000Z'),
('C-540077', 'comment', '基金收益率資料更新頻率', '勞動部勞動基金運用局', 9120, '勞動基金收益率',
    'https://data.gov.tw/dataset/9120', '2024-07-09T11:00:00', '2024-07-09', '2024-07-09', 'posted', 1,
    'replied', '2024-07-18T02:00:00.000Z', '2024-07-09T03:10:00.000Z'),
('S-130015', 'request', '希望開放技能檢定各職類合格率', '勞動部勞動力發展署', null, null,
    'https://data.gov.tw/suggests/130015', '2023-12-29T00:00:00', '2024-01-02', '2024-01-02', 'given', 1,
    'replied', '2024-01-25T01:20:00.000Z', '2024-01-02T01:00:00.000Z');
-- One was extended, one stood still for two days; of what came after, most is known.
insert into extensions values
    ('S-136401', 1, 1, 5, '需彙整各縣市資料', '周安全', '2025-01-02T01:00:00.000Z', 'confirmed', '趙組長',
     '2025-01-02T03:00:00.000Z');
insert into holds values
    ('C-553020', 1, 1, '2025-01-09', '請民眾補充說明', '周安全', '2025-01-09T01:00:00.000Z', 0,
     '2025-01-10', '周安全', '2025-01-10T09:00:00.000Z');
insert into follow_ups values
    ('C-551201', 1, '2024-12-10T02:30:00.000Z', 'adjusted', '修正編碼', '吳保險', '2024-12-12T02:00:00.000Z'),
    ('C-551377', 1, '2024-12-26T07:05:00.000Z', 'added', '補上 10 月', '李訓練', '2025-01-02T02:00:00.000Z'),
    ('C-553020', 1, '2025-01-15T08:10:00.000Z', 'not_needed', '已於頁面說明', '周安全', '2025-01-20T02:00:00.000Z'),
    ('S-136522', 1, '2025-01-20T06:45:00.000Z', null, null, null, null);
update cases set own_clock = 1 where number in ('S-136401', 'C-553020');
