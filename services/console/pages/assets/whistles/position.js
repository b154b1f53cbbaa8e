// Where whoever holds this telephone stands, in WGS-84 as browsers give it, with what it may be wrong by in metres.
import { Refused } from "../ground/api.js";

const WHY = {
  1: "没有得到位置：请在浏览器里允许这个网站用位置，再点一次；实在不行请吹哨方确认到场",
  2: "定不了位：请到室外或打开手机的定位，再点一次；实在不行请吹哨方确认到场",
  3: "定位太久没有结果：请到室外再点一次；实在不行请吹哨方确认到场",
};

export function here() {
  if (!navigator.geolocation || !isSecureContext) return Promise.reject(new Refused({ detail: "这里用不了定位（网址要以 https 开头），请吹哨方确认到场" }, 0));
  return new Promise((found, refused) =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => found({ lon: coords.longitude, lat: coords.latitude, accuracy: Math.round(coords.accuracy) }),
      (error) => refused(new Refused({ detail: WHY[error.code] ?? WHY[2] }, 0)),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
    ),
  );
}
